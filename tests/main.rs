//! All integration tests in one binary.
mod cases;
mod generated;
mod properties;
