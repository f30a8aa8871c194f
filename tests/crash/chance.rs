//! What strikes at random in these tests.

/// Marsaglia's xorshift: the same seed gives the same hand.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}
