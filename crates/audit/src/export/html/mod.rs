//! `report.html` of an audit and of a stress test.

mod about;
mod appeals;
mod attacks;
mod charts;
mod curves;
mod groups;
mod normalisation;
mod page;
mod rates;
mod report;
mod scores;
mod stress;
mod svg;
mod trade_off;
mod verdicts;

pub use report::HtmlExporter;
pub(super) use stress::page as stress_page;
