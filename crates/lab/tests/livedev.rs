#![allow(missing_docs)]
mod live;
