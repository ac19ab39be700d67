//! Rendering audit reports; nothing is calculated here.

mod csv;
mod exporter;
mod html;
mod json;
mod markdown;
mod report_folder;
mod shown;
mod stress;
mod stress_facts;
mod text;

pub use csv::CsvExporter;
pub use exporter::Exporter;
pub use html::HtmlExporter;
pub use json::JsonExporter;
pub use markdown::MarkdownExporter;
pub use report_folder::{FILES, write_report};
pub use stress::write_stress;
