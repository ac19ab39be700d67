//! The wire formats: plain data, the seam between deciding and judging.
