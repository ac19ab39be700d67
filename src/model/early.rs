//! A network whose session is built on another thread while the caller does something else.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use ndarray::ArrayView4;

use super::{ModelId, Network, OnnxNetwork, Outputs, Profile, VerifiedModel};
use crate::{Error, ErrorKind, Result, Stage};

/// A network that can be passed on before its session is built; its first run waits for it.
///
/// Building the embedder's session takes longer than finding the faces of two photos, and neither
/// needs the other.
pub(crate) struct EarlyNetwork {
    id: ModelId,
    state: Mutex<State>,
}

enum State {
    Building(JoinHandle<Result<OnnxNetwork>>),
    Built(Arc<OnnxNetwork>),
    /// Everyone who runs it is told why.
    Failed(Error),
}

impl EarlyNetwork {
    /// Starts what [`OnnxNetwork::load`] does. Where the system allows no more threads, the calling
    /// one does it.
    pub(crate) fn start(model: VerifiedModel, library: PathBuf, profile: Profile) -> Result<Self> {
        let id = model.id();
        // The model is sent to the thread: a thread that cannot be started takes nothing with it.
        let (give, take) = channel::<(VerifiedModel, PathBuf)>();
        let build = move || {
            let (model, library) = take.recv().map_err(|_| failed())?;
            OnnxNetwork::load(model, &library, profile)
        };
        let state = match Builder::new().name("embedder".into()).spawn(build) {
            Ok(thread) => {
                give.send((model, library)).map_err(|_| failed())?;
                State::Building(thread)
            }
            Err(_) => State::Built(Arc::new(OnnxNetwork::load(model, &library, profile)?)),
        };
        Ok(EarlyNetwork { id, state: Mutex::new(state) })
    }

    fn network(&self) -> Result<Arc<OnnxNetwork>> {
        match &*self.wait() {
            State::Built(network) => Ok(network.clone()),
            State::Failed(why) => Err(why.again()),
            State::Building(_) => Err(failed()),
        }
    }

    /// The state after the network was built, or could not be.
    fn wait(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        *state = match std::mem::replace(&mut *state, State::Failed(failed())) {
            State::Building(thread) => match thread.join().map_err(|_| failed()) {
                Ok(Ok(network)) => State::Built(Arc::new(network)),
                Ok(Err(why)) | Err(why) => State::Failed(why),
            },
            state => state,
        };
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed() -> Error {
    let message = "the thread that loads the model ended too early";
    Error::new(ErrorKind::Runtime, Stage::Setup, message).next("run: evenmatch doctor")
}

impl Network for EarlyNetwork {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn run(&self, input: ArrayView4<'_, f32>) -> Result<Outputs> {
        self.network()?.run(input)
    }

    fn merges_views(&self) -> bool {
        // A network that cannot be loaded says so when it runs.
        matches!(&*self.wait(), State::Built(network) if network.merges_views())
    }

    fn ready(&self) -> Result<()> {
        self.network().map(|_| ())
    }
}

impl Drop for EarlyNetwork {
    /// A process must not end while the runtime is at work: it would be torn down under its feet.
    fn drop(&mut self) {
        if let State::Building(thread) =
            std::mem::replace(&mut *self.lock(), State::Failed(failed()))
        {
            // Nobody is left who would want to know.
            let _ = thread.join();
        }
    }
}
