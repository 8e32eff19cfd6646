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
  /// All addresses that a host has, in the order of the system's preference (getaddrinfo(3), RFC 6724); at least one.
  ///
  /// A name server may take its time: a thread waits for it, and a cancelled task doesn't.
  ///
  /// - Throws: `.resolveFailed`, `.cancelled`.
  package static func resolve(_ host: String, port: UInt16) async throws(TransportError) -> [Endpoint] {
    let (answers, answer) = AsyncStream.makeStream(of: [Endpoint].self, bufferingPolicy: .bufferingNewest(1))
    NIOThreadPool.singleton.submit { _ in
      answer.yield(lookUp(host, port: port))
      answer.finish()
    }
    for await found in answers where !found.isEmpty { return found }
    if Task.isCancelled { throw .cancelled }
    throw TransportError(
      code: .resolveFailed, message: "the name \(host) could not be resolved; check it and the name server")
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
    return try? Endpoint(address: address, port: port)
  }
}
