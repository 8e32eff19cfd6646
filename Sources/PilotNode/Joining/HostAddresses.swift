import NIOPosix
package import PilotTransport
package import PilotWire

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a host's name stands for.
package enum HostAddresses {
  /// The most addresses of one name that are used: all are asked at once. Whoever answers for the name could give any number.
  package static let limit = 16

  /// The addresses that a host has, in the order of the system's preference (getaddrinfo(3), RFC 6724); at least one, and at
  /// most ``limit``.
  ///
  /// A name server may take its time: a thread waits for it, and a cancelled task doesn't.
  ///
  /// - Throws: `.resolveFailed` with the system's reason, `.cancelled`.
  package static func resolve(_ host: String, port: UInt16) async throws(TransportError) -> [Endpoint] {
    let (answers, answer) = AsyncStream.makeStream(of: Answer.self, bufferingPolicy: .bufferingNewest(1))
    NIOThreadPool.singleton.submit { _ in
      answer.yield(lookUp(host, port: port))
      answer.finish()
    }
    var reason = "no address"
    for await answer in answers {
      switch answer {
      case .addresses(let found) where !found.isEmpty: return Array(found.prefix(limit))
      case .addresses: break
      case .failed(let text): reason = text
      }
    }
    if Task.isCancelled { throw .cancelled }
    throw TransportError(
      code: .resolveFailed,
      message: "the name \(host) could not be resolved (\(reason)); check it and the name server")
  }

  private enum Answer: Sendable {
    case addresses([Endpoint])
    /// With the system's text.
    case failed(String)
  }

  private static func lookUp(_ host: String, port: UInt16) -> Answer {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    #if canImport(Glibc)
      unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_DGRAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    // SAFETY: getaddrinfo(3) reads the text and the hints, which live for the call, and gives a list, freed below.
    let result = unsafe getaddrinfo(host, nil, &hints, &list)
    guard result == 0 else {
      // SAFETY: gai_strerror(3) gives a NUL-terminated text that lives as long as the program.
      return .failed(unsafe gai_strerror(result).map { unsafe String(cString: $0) } ?? "error \(result)")
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [Endpoint] = []
    var next = unsafe list
    // SAFETY: the list's entries live until it is freed, and the last one's successor is null.
    while let entry = unsafe next {
      if let endpoint = unsafe endpoint(entry.pointee, port: port), !found.contains(endpoint) { found.append(endpoint) }
      unsafe next = entry.pointee.ai_next
    }
    return .addresses(found)
  }

  /// Read from the socket address and not by way of a text, which has the zone of a link-local address by its name.
  private static func endpoint(_ entry: addrinfo, port: UInt16) -> Endpoint? {
    // SAFETY: an entry's family says what its address is, and getaddrinfo(3) has made it as long as that.
    switch unsafe entry.ai_family {
    case AF_INET:
      return unsafe entry.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
        unsafe Endpoint(ipv4Address: UInt32(bigEndian: address.pointee.sin_addr.s_addr), port: port)
      }
    case AF_INET6:
      return unsafe entry.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
        let (high, low) = unsafe withUnsafeBytes(of: address.pointee.sin6_addr) { bytes in
          unsafe (
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
          )
        }
        return unsafe Endpoint(high: high, low: low, scope: address.pointee.sin6_scope_id, port: port)
      }
    default:
      return nil
    }
  }
}
