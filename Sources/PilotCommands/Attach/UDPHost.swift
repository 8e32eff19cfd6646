import NIOPosix
import PilotConsole
import PilotWire

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Host and port of a `udp://` URL.
struct UDPHost: Sendable, Equatable {
  let host: String
  let port: UInt16

  /// All addresses that the host has, in the order of the system's preference (getaddrinfo(3), RFC 6724).
  ///
  /// A name server may take its time: a thread waits for it, and a cancelled task doesn't.
  func addresses() async throws -> UDPAddresses {
    let (answers, answer) = AsyncStream.makeStream(of: [Endpoint].self, bufferingPolicy: .bufferingNewest(1))
    NIOThreadPool.singleton.submit { _ in
      answer.yield(Self.lookUp(host, port: port))
      answer.finish()
    }
    for await found in answers {
      guard let first = found.first else { break }
      return UDPAddresses(first: first, others: Array(found.dropFirst()))
    }
    try Task.checkCancellation()
    throw CommandFailure("the name \(host) could not be resolved", hint: "check it and the name server")
  }

  private static func lookUp(_ host: String, port: UInt16) -> [Endpoint] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    #if canImport(Glibc)
      unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_DGRAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    // SAFETY: getaddrinfo(3) reads the text and the hints, which live for the call, and gives a list, freed below.
    guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { unsafe freeaddrinfo(list) }
    var found: [Endpoint] = []
    var next = unsafe list
    // SAFETY: the list's entries live until it is freed, and the last one's successor is null.
    while let entry = unsafe next {
      if let endpoint = unsafe endpoint(entry.pointee, port: port), !found.contains(endpoint) { found.append(endpoint) }
      unsafe next = entry.pointee.ai_next
    }
    return found
  }

  private static func endpoint(_ entry: addrinfo, port: UInt16) -> Endpoint? {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    // SAFETY: getnameinfo(3) reads an address of the given length, and writes a terminated text into the array, whose
    // length it is told.
    let result = unsafe getnameinfo(
      entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return nil }
    let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return try? Endpoint(parsing: address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)")
  }
}

/// Where a host may be.
struct UDPAddresses: Sendable, Equatable {
  let first: Endpoint
  let others: [Endpoint]
}
