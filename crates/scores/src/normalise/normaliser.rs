//! A normaliser in use.

use super::centroids::Centroids;
use super::learned::LearnedFunction;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::record::{NormaliserRecord, TemplateForm};

/// What a normaliser stores about one template: calculated once, at enrolment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormaliserStatistics {
    /// Digest of the normaliser's record.
    pub normaliser: Digest,
    /// x·μ; 0 for a learned normaliser, which has no μ.
    pub mean_product: f64,
    /// μ·μ, the same for all templates.
    pub mean_square: f64,
    /// 1 / |x − μ|; 1 for a learned normaliser.
    pub inverse_length: f64,
    /// −weight · ½ · (m(x) − level), or −h(x) of a learned normaliser.
    pub offset: f64,
}

impl NormaliserStatistics {
    /// The normalised score of two templates from the cosine between them, −1 to 1.
    pub fn score(&self, other: &NormaliserStatistics, cosine: f64) -> f32 {
        let product = cosine - self.mean_product - other.mean_product + self.mean_square;
        let centred = product * self.inverse_length * other.inverse_length;
        (centred + self.offset + other.offset).clamp(-1.0, 1.0) as f32
    }
}

/// A normaliser, ready for use. See [the module](super) for what it calculates.
#[derive(Debug, Clone, PartialEq)]
pub struct Normaliser {
    digest: Digest,
    embedder: Digest,
    templates: Option<TemplateForm>,
    method: Method,
}

#[derive(Debug, Clone, PartialEq)]
enum Method {
    Cohort(Centroids),
    Learned(LearnedFunction),
}

impl Normaliser {
    /// Creates a normaliser from its record.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] if the record is inconsistent.
    pub fn open(record: &NormaliserRecord) -> Result<Self> {
        let method = match record {
            NormaliserRecord::CohortCentroids(record) => Method::Cohort(Centroids::open(record)?),
            NormaliserRecord::Learned(record) => Method::Learned(LearnedFunction::open(record)?),
        };
        Ok(Normaliser {
            digest: record.digest(),
            embedder: record.embedder(),
            templates: record.templates(),
            method,
        })
    }

    /// Digest of the record, by which scores and templates refer to it.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// SHA-256 of the embedder whose templates it normalises.
    pub fn embedder(&self) -> Digest {
        self.embedder
    }

    /// Refuses templates of another form than those it was made from, where its record states it.
    ///
    /// # Errors
    /// [`ErrorKind::TemplateFormMismatch`].
    pub fn check_form(&self, form: TemplateForm) -> Result<()> {
        match self.templates {
            Some(own) => own.agreed(Some(form), "the normaliser", Stage::Compare).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Features of a template.
    pub fn dimension(&self) -> usize {
        match &self.method {
            Method::Cohort(centroids) => centroids.dimension(),
            Method::Learned(function) => function.dimension(),
        }
    }

    /// Calculates what is stored about a template of unit length. Nothing else is known about the
    /// person: neither method is given a label.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a template of a different length.
    pub fn statistics(&self, features: &[f32]) -> Result<NormaliserStatistics> {
        if features.len() != self.dimension() {
            let message = format!(
                "a template of {} features cannot be normalised: {} features are needed",
                features.len(),
                self.dimension()
            );
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
                .next("calibrate with the embedder that made the template"));
        }
        let ([mean_product, mean_square, inverse_length], offset) = match &self.method {
            Method::Cohort(centroids) => (centroids.relative(features), centroids.offset(features)),
            Method::Learned(function) => ([0.0, 0.0, 1.0], -function.of(features)),
        };
        Ok(NormaliserStatistics {
            normaliser: self.digest,
            mean_product,
            mean_square,
            inverse_length,
            offset,
        })
    }

    /// u(x): the template relative to the cohort's mean, of unit length. For a learned normaliser,
    /// the template itself.
    pub fn centred(&self, features: &[f32]) -> Vec<f32> {
        match &self.method {
            Method::Cohort(centroids) => centroids.centred(features),
            Method::Learned(_) => features.to_vec(),
        }
    }

    /// m(x): how similar the nearest of the cohort are, −1 to 1; `None` for a learned normaliser.
    pub fn density(&self, features: &[f32]) -> Option<f64> {
        match &self.method {
            Method::Cohort(centroids) => Some(centroids.density(features)),
            Method::Learned(_) => None,
        }
    }
}
