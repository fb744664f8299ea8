//! Lines with width: stroke outlines from kurbo, filled by exact coverage.
