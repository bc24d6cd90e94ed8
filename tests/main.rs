//! All integration tests in one binary.
mod blocked;
mod cases;
mod generated;
mod leaks;
mod properties;
