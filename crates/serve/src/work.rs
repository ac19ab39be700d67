//! Work that would block the threads that answer requests.

use std::sync::Arc;

use crate::extract::Turn;
use crate::refusal::Refusal;
use crate::service::Service;

impl Service {
    /// Works on other threads than those that answer requests, which inference and files would
    /// block. The work continues if the client disconnects.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        Turn(place): Turn,
        work: impl FnOnce(&Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let worker = Arc::clone(&self.workers).acquire_owned().await;
        let worker = worker.map_err(|closed| Refusal::internal(&closed))?;
        let service = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let _held = (place, worker);
            work(&service)
        });
        task.await.map_err(|fault| Refusal::internal(&fault))?
    }
}
