//! All integration tests in one binary.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod grammar;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod support;
