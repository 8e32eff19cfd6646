#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Descriptors 0, 1 and 2, which a program may be started without.
package enum StandardDescriptors {
  /// Opens those that are closed on /dev/null. Else the next socket gets the number, and a peer the program's output.
  ///
  /// To be called before anything else opens a file.
  package static func open() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is given, which is this one: those below are open.
      _ = openDevice()
    }
  }

  private static func openDevice() -> Int32 {
    // SAFETY: open(2) reads the path, which lives for the length of the call.
    #if canImport(Darwin)
      unsafe Darwin.open("/dev/null", O_RDWR)
    #elseif canImport(Glibc)
      unsafe Glibc.open("/dev/null", O_RDWR)
    #elseif canImport(Musl)
      unsafe Musl.open("/dev/null", O_RDWR)
    #endif
  }
}
