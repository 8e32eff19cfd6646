#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension [UInt8] {
  /// Overwrites a secret with zeros, in a way that isn't optimised away. Copies that were made of it stay.
  package mutating func erase() {
    // SAFETY: both calls write `count` bytes of the array's own storage, which lives for the length of the call.
    unsafe withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      #if canImport(Darwin)
        _ = unsafe memset_s(start, bytes.count, 0, bytes.count)
      #else
        unsafe explicit_bzero(start, bytes.count)
      #endif
    }
  }
}
