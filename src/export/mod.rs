//! Rendering of reports; no computation happens here.
