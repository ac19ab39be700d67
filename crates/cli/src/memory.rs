//! How this process uses memory that it has freed.

/// Keeps freed memory for the next use, in one heap, rather than returning it to the system.
///
/// A process that verifies once fills and frees about 150 MB while it loads the models. Getting each
/// page anew from the system, cleared, takes a fifth of its time. A process that runs for long should
/// not do this.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn reuse() {
    // More than the models need.
    const LARGE: libc::c_int = 1 << 30;
    // SAFETY: these calls change numbers by which the allocator decides, and nothing that was
    // allocated. If one is refused, the allocator goes on as before.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn reuse() {}
