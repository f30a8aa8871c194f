//! Whole passes.
