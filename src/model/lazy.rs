//! A network that is loaded when it is first needed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::ArrayView4;

use super::{ModelEntry, ModelId, ModelStore, Network, OnnxNetwork, Outputs, Profile};
use crate::Result;

/// A network that most photos do not need: its file is not read, and no session is built, until a
/// photo needs it.
pub struct LazyNetwork {
    id: ModelId,
    store: ModelStore,
    library: PathBuf,
    profile: Profile,
    loaded: Mutex<Option<Arc<OnnxNetwork>>>,
}

impl LazyNetwork {
    /// The network of an entry, whose file must be there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ModelMissing`](crate::ErrorKind::ModelMissing): a missing model should not
    /// surface only at the first dark photo of a batch. Its digest is checked when it is loaded.
    pub fn new(
        store: &ModelStore,
        entry: &ModelEntry,
        library: PathBuf,
        profile: Profile,
    ) -> Result<Self> {
        store.expect_file(entry)?;
        let id = ModelId { id: entry.id.clone(), sha256: entry.sha256 };
        Ok(LazyNetwork { id, store: store.clone(), library, profile, loaded: Mutex::default() })
    }

    fn network(&self) -> Result<Arc<OnnxNetwork>> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = &*loaded {
            return Ok(network.clone());
        }
        let model = self.store.load(&self.id.id)?;
        let network = Arc::new(OnnxNetwork::load(model, &self.library, self.profile)?);
        Ok(loaded.insert(network).clone())
    }
}

impl Network for LazyNetwork {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn run(&self, input: ArrayView4<'_, f32>) -> Result<Outputs> {
        self.network()?.run(input)
    }

    fn merges_views(&self) -> bool {
        // A network that cannot be loaded says why when it is run.
        self.network().is_ok_and(|network| network.merges_views())
    }
}
