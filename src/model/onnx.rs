//! ONNX Runtime: this is the only file that uses it.
//!
//! `Session::run` needs exclusive access, so concurrent callers take sessions from a pool. For
//! batches there is one single-threaded session per worker, and the workers run in parallel; for
//! one photo there is one session that spreads each operator over the cores. The two are never
//! nested. Threads never spin while they wait, telemetry is off, and nothing is ever fetched.
//!
//! Weights are not rearranged ("prepacked") when a session is built: for these networks that makes
//! no run faster, and costs a third of a cold start and 30 MB (docs/PERFORMANCE.md).

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ndarray::ArrayView4;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::TensorRef;

use super::{ModelId, Network, Outputs, VerifiedModel};
use crate::{Error, ErrorKind, Result, Stage};

/// How a network spends the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Many photos: up to this many sessions, each on the thread that calls it.
    Throughput {
        /// The most sessions, and so the most concurrent runs; at least 1.
        workers: usize,
    },
    /// One photo, answered as soon as possible: one session, each operator spread over the cores.
    #[default]
    Latency,
}

impl Profile {
    fn sessions(self) -> usize {
        match self {
            Profile::Throughput { workers } => workers.max(1),
            Profile::Latency => 1,
        }
    }

    fn intra_threads(self) -> usize {
        match self {
            Profile::Throughput { .. } => 1,
            // More than a few threads no longer help networks of this size.
            Profile::Latency => std::thread::available_parallelism().map_or(1, |n| n.get().min(8)),
        }
    }
}

/// The process's one ONNX Runtime environment.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

fn environment(library: &Path) -> Result<Environment> {
    let mut environment = lock(&ENVIRONMENT);
    if let Some(environment) = &*environment {
        return Ok(environment.clone());
    }
    let unusable = |cause: Box<dyn std::error::Error + Send + Sync>| {
        if let Some(lack) = lack(&cause.to_string()) {
            return lack.error(Stage::Setup).caused_by(cause);
        }
        Error::new(ErrorKind::Runtime, Stage::Setup, "ONNX Runtime could not be loaded")
            .in_path(library)
            .caused_by(cause)
            .next("run: evenmatch doctor")
    };
    let built = ort::init_from(library)
        .map_err(|cause| unusable(cause.to_string().into()))?
        .with_name("evenmatch")
        .with_telemetry(false)
        .build()
        .map_err(|cause| unusable(cause.into()))?;
    built.set_log_level(ort::logging::LogLevel::Error);
    Ok(environment.insert(built).clone())
}

/// What the system did not give the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Memory,
    Threads,
}

impl Lack {
    fn error(self, stage: Stage) -> Error {
        let (message, next) = match self {
            Lack::Memory => (
                "there is not enough memory for the models",
                "close other programs, allow more memory (ulimit -v), or use fewer threads (--jobs 1)",
            ),
            Lack::Threads => (
                "the system allows no more threads",
                "allow this user more processes (ulimit -u), or end some of them",
            ),
        };
        Error::new(ErrorKind::Runtime, stage, message).next(next)
    }
}

/// Whether this message of the runtime or the system's loader is about memory or threads, and not
/// about the model.
fn lack(message: &str) -> Option<Lack> {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["pthread_create", "resource temporarily unavailable", "thread constructor failed"]) {
        return Some(Lack::Threads);
    }
    let memory = [
        "bad_alloc",
        "bad allocation",
        "failed to allocate",
        "cannot allocate memory",
        "out of memory",
        "failed to map segment",
        "cannot map",
        "mmap failed",
        "cannot create shared object descriptor",
        "cannot apply additional memory protection",
    ];
    says(&memory).then_some(Lack::Memory)
}

/// Loads the runtime library and returns which build it is.
pub fn runtime_version(library: &Path) -> Result<String> {
    environment(library)?;
    Ok(ort::info().to_owned())
}

/// A network that ONNX Runtime runs.
pub struct OnnxNetwork {
    id: ModelId,
    pool: SessionPool,
}

impl OnnxNetwork {
    /// Loads a model whose digest has been checked; `library` is the runtime's shared library.
    ///
    /// The first session is built here, so that an unsuitable model is refused now and not at first
    /// use.
    pub fn load(model: VerifiedModel, library: &Path, profile: Profile) -> Result<Self> {
        let environment = environment(library)?;
        let id = model.id();
        let pool = SessionPool::new(environment, model, profile)?;
        Ok(OnnxNetwork { id, pool })
    }
}

impl std::fmt::Debug for OnnxNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxNetwork").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Network for OnnxNetwork {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn run(&self, input: ArrayView4<'_, f32>) -> Result<Outputs> {
        let mut running = self.pool.take()?;
        let outputs = collect_outputs(&mut running.session, input).map_err(|cause| {
            match lack(&cause.to_string()) {
                Some(lack) => lack.error(Stage::Template),
                None => Error::new(
                    ErrorKind::Runtime,
                    Stage::Template,
                    "the network failed on this input",
                )
                .in_file(self.id.id.clone())
                .next("run: evenmatch doctor"),
            }
            .caused_by(cause)
        });
        self.pool.give_back(running);
        outputs
    }

    fn merges_views(&self) -> bool {
        self.pool.merges_views
    }
}

/// Whether any number of views goes in and one row comes out, as the preparation step `merge_views`
/// declares it.
fn merges_views(session: &Session) -> bool {
    let rows = |outlets: &[ort::value::Outlet]| match outlets {
        [outlet] => outlet.dtype().tensor_shape().and_then(|shape| shape.first().copied()),
        _ => None,
    };
    rows(session.inputs()) == Some(-1) && rows(session.outputs()) == Some(1)
}

fn collect_outputs(session: &mut Session, input: ArrayView4<'_, f32>) -> ort::Result<Outputs> {
    let outputs = session.run(ort::inputs![TensorRef::from_array_view(input)?])?;
    outputs
        .iter()
        .map(|(name, value)| Ok((Arc::from(name), value.try_extract_array::<f32>()?.to_owned())))
        .collect()
}

/// Writes a model as the runtime has optimised it for this processor, in the runtime's own format,
/// to this file.
pub(super) fn write_ready(model: VerifiedModel, library: &Path, to: &Path) -> Result<()> {
    let environment = environment(library)?;
    let name = model.id().id;
    let written = || -> ort::Result<Session> {
        options(&environment, 1)?
            .with_config_entry("session.save_model_format", "ORT")?
            .with_optimized_model_path(to)?
            .commit_from_memory(model.bytes())
    };
    written().map(|_| ()).map_err(|cause| not_built(&name, cause))
}

/// What sessions have in common, whichever form their model has.
fn options(environment: &Environment, threads: usize) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        .with_prepacking(false)?)
}

fn not_built(name: &str, cause: ort::Error) -> Error {
    match lack(&cause.to_string()) {
        Some(lack) => lack.error(Stage::Setup).caused_by(cause),
        None => {
            Error::new(ErrorKind::InvalidModel, Stage::Setup, "ONNX Runtime cannot load this model")
                .in_file(name)
                .caused_by(cause)
                .next("run: evenmatch models verify")
        }
    }
}

/// A session, with the bytes of a model in the runtime's own format, which it uses where they are.
/// It is dropped before them.
struct Running {
    session: Session,
    _model: Option<Arc<VerifiedModel>>,
}

/// Sessions of one model, built when first needed.
struct SessionPool {
    environment: Environment,
    name: String,
    profile: Profile,
    merges_views: bool,
    state: Mutex<PoolState>,
    returned: Condvar,
}

struct PoolState {
    idle: Vec<Running>,
    /// The model file, until every session has been built.
    model: Option<Arc<VerifiedModel>>,
    /// Sessions that may still be built.
    unbuilt: usize,
}

impl SessionPool {
    fn new(environment: Environment, model: VerifiedModel, profile: Profile) -> Result<Self> {
        let mut pool = SessionPool {
            environment,
            name: model.id().id,
            profile,
            merges_views: false,
            state: Mutex::new(PoolState { idle: Vec::new(), model: None, unbuilt: 0 }),
            returned: Condvar::new(),
        };
        let model = Arc::new(model);
        let first = pool.build(&model)?;
        pool.merges_views = merges_views(&first.session);
        let mut state = lock(&pool.state);
        state.idle.push(first);
        state.unbuilt = profile.sessions() - 1;
        state.model = (state.unbuilt > 0).then_some(model);
        drop(state);
        Ok(pool)
    }

    fn take(&self) -> Result<Running> {
        let mut state = lock(&self.state);
        loop {
            if let Some(session) = state.idle.pop() {
                return Ok(session);
            }
            if let Some(model) = state.model.clone() {
                state.unbuilt -= 1;
                if state.unbuilt == 0 {
                    state.model = None;
                }
                drop(state);
                return self.build(&model).inspect_err(|_| {
                    // Another caller may try again, and must not wait for a session that was never
                    // built.
                    let mut state = lock(&self.state);
                    state.unbuilt += 1;
                    state.model = Some(model.clone());
                    self.returned.notify_one();
                });
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, running: Running) {
        lock(&self.state).idle.push(running);
        self.returned.notify_one();
    }

    fn build(&self, model: &Arc<VerifiedModel>) -> Result<Running> {
        let built = |threads: usize| -> ort::Result<Session> {
            let mut options = options(&self.environment, threads)?;
            if model.is_ready() {
                // Nothing is copied: the bytes live as long as the session.
                options = options
                    .with_optimization_level(GraphOptimizationLevel::Disable)?
                    .with_config_entry("session.use_ort_model_bytes_directly", "1")?
                    .with_config_entry("session.use_ort_model_bytes_for_initializers", "1")?;
            }
            options.commit_from_memory(model.bytes())
        };
        let threads = self.profile.intra_threads();
        let session = built(threads).or_else(|cause| match lack(&cause.to_string()) {
            // On the calling thread it needs no other.
            Some(Lack::Threads) if threads > 1 => built(1),
            _ => Err(cause),
        });
        let session = session.map_err(|cause| not_built(&self.name, cause))?;
        Ok(Running { session, _model: model.is_ready().then(|| model.clone()) })
    }
}

/// Locks, even if another thread panicked while it held the lock: what these mutexes guard is
/// consistent between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
