import Glibc

/// Gives memory back to the system that was freed. The allocator keeps it otherwise, and a lab that has come up needs a
/// fraction of what it took to come up.
func releaseFreeMemory() {
    // Not declared by the Glibc module; another C library does not have it.
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    typealias Trim = @convention(c) (Int) -> Int32
    _ = unsafeBitCast(symbol, to: Trim.self)(0)
}
