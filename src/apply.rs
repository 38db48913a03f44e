//! Carries out what writes: for now the test deliveries.

pub mod prove;

use crate::factory::Factory;
use crate::gitlab::{OAuth, Reader, Writer};

/// The two sides, in both halves.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub reader: &'a Reader,
    pub writer: &'a Writer,
    pub oauth: &'a OAuth,
    pub factory: &'a Factory,
}
