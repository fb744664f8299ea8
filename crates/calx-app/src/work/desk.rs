//! A thread with an inbox and an outbox.
//!
//! Not here: what is done there.
//!
//! Invariants
//! - Asking and taking never block. An idle desk uses no processor time.
//! - The window is woken by what is told, and by nothing else: work that tells nothing draws nothing.
//! - Work that breaks down is told as [`Told::Broke`] and the desk goes on.
//! - A desk that is dropped lets its thread end by itself; nobody waits for a disk.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Makes the window draw again, from any thread.
#[derive(Clone)]
pub struct Wake(Arc<dyn Fn() + Send + Sync>);

impl Wake {
    /// A wake that calls `work`.
    pub fn new(work: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(work))
    }

    /// Draws again when `ctx` next can.
    #[must_use]
    pub fn of(ctx: &egui::Context) -> Self {
        let ctx = ctx.clone();
        Self::new(move || ctx.request_repaint())
    }

    /// Asks for another pass.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}

/// What a desk gives back.
#[derive(Debug)]
pub enum Told<T> {
    /// A result.
    Said(T),
    /// The work broke down; the words of the panic.
    Broke(String),
}

/// Where a thread puts what it has to tell.
#[derive(Debug)]
pub struct Outbox<T> {
    sender: Sender<Told<T>>,
    wake: Wake,
}

impl<T> Outbox<T> {
    /// Tells; after the window is gone nobody listens, which is no error.
    pub fn tell(&self, what: T) {
        let _nobody_listens = self.sender.send(Told::Said(what));
        self.wake.wake();
    }
}

impl<T> Clone for Outbox<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), wake: self.wake.clone() }
    }
}

/// One thread that does `Ask`s in order and tells `Tell`s.
#[derive(Debug)]
pub struct Desk<Ask, Tell> {
    asks: Sender<Ask>,
    told: Receiver<Told<Tell>>,
    open: Arc<AtomicUsize>,
}

impl<Ask: Send + 'static, Tell: Send + 'static> Desk<Ask, Tell> {
    /// Opens one; `work` runs on its own thread named `name`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(
        name: &str,
        wake: &Wake,
        mut work: impl FnMut(Ask, &Outbox<Tell>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (asks, inbox) = channel::<Ask>();
        let (sender, told) = channel();
        let open = Arc::new(AtomicUsize::new(0));
        let (counter, outbox) = (Arc::clone(&open), Outbox { sender, wake: wake.clone() });
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok(ask) = inbox.recv() {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(ask, &outbox))) {
                    let _nobody_listens = outbox.sender.send(Told::Broke(words_of(&*panic)));
                    outbox.wake.wake();
                }
                counter.fetch_sub(1, Ordering::AcqRel);
            }
        })?;
        Ok(Self { asks, told, open })
    }

    /// Asks; done in the order of asking.
    pub fn ask(&self, ask: Ask) {
        self.open.fetch_add(1, Ordering::AcqRel);
        if self.asks.send(ask).is_err() {
            self.open.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// All that was told since.
    pub fn take(&self) -> Vec<Told<Tell>> {
        self.told.try_iter().collect()
    }

    /// Whether nothing is asked that is not done. What was told may still have to be taken.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }
}

impl<Ask: Send + 'static, Tell> Desk<Ask, Tell> {
    /// Asks this desk from another thread. Its thread ends when the desk and all that ask it are gone.
    #[must_use]
    pub fn asker(&self) -> Asker<Ask> {
        Asker { asks: self.asks.clone(), open: Arc::clone(&self.open) }
    }
}

/// Asks a desk from another thread.
#[derive(Debug)]
pub struct Asker<Ask> {
    asks: Sender<Ask>,
    open: Arc<AtomicUsize>,
}

impl<Ask> Asker<Ask> {
    /// Asks; done in the order of asking.
    pub fn ask(&self, ask: Ask) {
        self.open.fetch_add(1, Ordering::AcqRel);
        if self.asks.send(ask).is_err() {
            self.open.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl<Ask> Clone for Asker<Ask> {
    fn clone(&self) -> Self {
        Self { asks: self.asks.clone(), open: Arc::clone(&self.open) }
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn answers_come_in_order_and_a_break_down_is_told() {
        let desk = Desk::open("test", &Wake::new(|| {}), |ask: u32, out: &Outbox<u32>| {
            assert_ne!(ask, 2, "two is too much");
            out.tell(ask * 10);
        })
        .unwrap();
        (1..=3).for_each(|n| desk.ask(n));
        let until = Instant::now() + Duration::from_secs(10);
        while !desk.is_idle() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        let told: Vec<String> = desk
            .take()
            .into_iter()
            .map(|told| match told {
                Told::Said(n) => n.to_string(),
                Told::Broke(why) => why,
            })
            .collect();
        assert_eq!(told.len(), 3);
        assert_eq!((told[0].as_str(), told[2].as_str()), ("10", "30"));
        assert!(told[1].contains("two is too much"), "{}", told[1]);
    }
}
