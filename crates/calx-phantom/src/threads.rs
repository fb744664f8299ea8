//! How many threads draw.
//!
//! Not here: what is shared out among them.
//!
//! Invariants
//! - Whatever is drawn is the same with any number.

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

/// Draws with so many threads; 0 takes as many as there are cores.
///
/// # Errors
/// The threads could not be started; then nothing was done.
pub fn with_threads<T: Send>(
    threads: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<T, ThreadPoolBuildError> {
    Ok(ThreadPoolBuilder::new().num_threads(threads).build()?.install(work))
}
