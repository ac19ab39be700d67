//! Numeric attributes are cut into bins, so that an attribute has few groups.

use std::collections::BTreeMap;

use crate::{Error, ErrorKind, Result, Stage};

/// Half-open bins `[edge, next edge)` with an open bin at either end.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    edges: Vec<f64>,
    names: Vec<String>,
}

impl Bins {
    /// Bins between these edges, which must be finite and ascending; at least one.
    pub fn new(edges: Vec<f64>) -> Result<Self> {
        let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
        if edges.is_empty() || !ascending || edges.iter().any(|edge| !edge.is_finite()) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                Stage::Record,
                "the edges of bins must be numbers in ascending order",
            )
            .next("write them as in --bins age=18,30,45,60"));
        }
        let last = edges.len() - 1;
        let names = std::iter::once(format!("under {}", edges[0]))
            .chain(edges.windows(2).map(|pair| format!("{} to under {}", pair[0], pair[1])))
            .chain(std::iter::once(format!("{} and over", edges[last])))
            .collect();
        Ok(Bins { edges, names })
    }

    /// Parses `18,30,45`.
    pub fn parse(text: &str) -> Result<Self> {
        let edges = text.split(',').map(|edge| edge.trim().parse().unwrap_or(f64::NAN)).collect();
        Bins::new(edges)
    }

    /// The bin's name.
    pub fn name(&self, value: f64) -> &str {
        &self.names[self.edges.partition_point(|&edge| edge <= value)]
    }

    /// The bins of attributes with customary ones. `ita` (individual typology angle, in degrees):
    /// Chardon's bands at 55, 41, 28, 10 and −30. `age` in years: children, young people, and
    /// adults in bands of fifteen years.
    pub fn customary() -> BTreeMap<String, Bins> {
        let of = |edges: &[f64]| Bins::new(edges.to_vec());
        [
            ("ita", of(&[-30.0, 10.0, 28.0, 41.0, 55.0])),
            ("age", of(&[13.0, 18.0, 30.0, 45.0, 60.0, 75.0])),
        ]
        .into_iter()
        .filter_map(|(name, bins)| Some((name.to_owned(), bins.ok()?)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_an_edge_belongs_to_the_upper_bin() {
        let bins = Bins::parse("18, 30").unwrap();
        let names = [17.99, 18.0, 29.9, 30.0, 99.0].map(|value| bins.name(value));
        assert_eq!(
            names,
            ["under 18", "18 to under 30", "18 to under 30", "30 and over", "30 and over"]
        );
    }

    #[test]
    fn edges_must_ascend() {
        for bad in ["", "a", "3,2", "1,1", "inf"] {
            assert!(Bins::parse(bad).is_err(), "{bad}");
        }
    }
}
