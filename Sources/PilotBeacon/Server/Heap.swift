#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The C library's allocator.
enum Heap {
  /// Has it give what it keeps for later back to the system, if it is one that keeps much: glibc's `malloc_trim` (malloc.h),
  /// which Swift's module of glibc leaves out. After a flood of registrations it held 30 of 60 MB. Other threads that
  /// allocate wait for some milliseconds at most.
  static func trim() {
    // SAFETY: a symbol of this process by its name; nil in other C libraries.
    guard let symbol = unsafe dlsym(dlopen(nil, RTLD_NOW), "malloc_trim") else { return }
    // SAFETY: int malloc_trim(size_t), as malloc.h has it.
    let trim = unsafe unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)
    _ = trim(0)
  }
}
