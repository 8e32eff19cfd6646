#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension sockaddr_in6 {
  /// The same address in a zone, an interface's index (RFC 4007).
  func inZone(_ index: UInt32) -> sockaddr_in6 {
    var address = self
    address.sin6_scope_id = index
    return address
  }
}
