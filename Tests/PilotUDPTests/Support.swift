import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// A received frame, kept.
struct Kept: Equatable, Sendable {
  var bytes: [UInt8]
  var source: Endpoint
}

/// Holds a receiver that several tasks of a test use one after the other.
final class HeldReceiver: @unchecked Sendable {  // the tests use it from one task at a time
  private var receiver: Receiver

  init(_ transport: UDPTransport) throws { receiver = try transport.makeReceiver() }

  func next() async throws -> Kept { try await Self.next(of: &receiver) }

  /// A frame can't be lent from a property of a class, only from a variable that is held for as long.
  private static func next(of receiver: inout Receiver) async throws -> Kept {
    let frame = try await receiver.next()
    return Kept(bytes: frame.copiedBytes, source: frame.source)
  }

  /// The next frame, with the address of this machine that it was written to.
  func nextWithLocal() async throws -> (kept: Kept, local: LocalAddress) { try await Self.nextWithLocal(of: &receiver) }

  private static func nextWithLocal(of receiver: inout Receiver) async throws -> (kept: Kept, local: LocalAddress) {
    let frame = try await receiver.next()
    return (Kept(bytes: frame.copiedBytes, source: frame.source), frame.local)
  }

  func next(_ count: Int) async throws -> [Kept] {
    var kept: [Kept] = []
    while kept.count < count { kept.append(try await next()) }
    return kept
  }

  func receive() async throws -> [Kept] {
    var kept: [Kept] = []
    try await receiver.receive { bytes, source in
      kept.append(Kept(bytes: bytes.copied, source: source))
    }
    return kept
  }
}

extension RawSpan {
  var copied: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }
}

extension UDPTransport {
  /// On the IPv4 loopback address, any port.
  static func ipv4(_ change: (inout Configuration) -> Void = { _ in }) throws -> UDPTransport {
    try at(Endpoint(ipv4: 127, 0, 0, 1, port: 0), change)
  }

  /// On the IPv6 loopback address, any port.
  static func ipv6(_ change: (inout Configuration) -> Void = { _ in }) throws -> UDPTransport {
    try at(Endpoint(high: 0, low: 1, port: 0), change)
  }

  static func at(_ endpoint: Endpoint, _ change: (inout Configuration) -> Void = { _ in }) throws -> UDPTransport {
    var configuration = Configuration()
    configuration.bindTo = endpoint
    change(&configuration)
    return try bind(configuration)
  }

  func send(_ bytes: [UInt8], to destination: Endpoint, from local: LocalAddress) throws(TransportError) {
    unsafe try send(bytes.span.bytes, to: destination, from: local)
  }

  /// The first event for which the closure has a value.
  func firstEvent<Value>(_ pick: (TransportEvent) -> Value?) async -> Value? {
    var iterator = events.makeAsyncIterator()
    return await iterator.next(pick)
  }
}

extension TransportEvents.Iterator {
  /// The next event for which the closure has a value.
  mutating func next<Value>(_ pick: (TransportEvent) -> Value?) async -> Value? {
    while let event = await next() {
      if let value = pick(event) { return value }
    }
    return nil
  }
}

extension UDPTransport {
  /// Sends a batch of which this many frames are taken.
  func send(
    _ batch: borrowing FrameBatch, expecting count: Int, at location: SourceLocation = #_sourceLocation
  ) throws {
    let taken = try send(contentsOf: batch)
    #expect(taken == count, sourceLocation: location)
  }
}

extension FrameBatch {
  mutating func add(
    _ bytes: [UInt8], to destination: Endpoint, from local: LocalAddress = .any,
    at location: SourceLocation = #_sourceLocation
  ) {
    let fitted = unsafe append(bytes.span.bytes, to: destination, from: local)
    #expect(fitted, sourceLocation: location)
  }
}

/// Where nobody listens: the port of a socket that was just closed.
func deadEndpoint() throws -> Endpoint {
  let transport = try UDPTransport.ipv4()
  defer { transport.close() }
  return transport.localEndpoint
}

/// Bytes that differ with the position and the seed.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ seed &* 7) }
}

/// The code of the error that the closure throws.
func code(_ body: () throws(TransportError) -> Void) -> TransportError.Code? {
  do {
    try body()
    return nil
  } catch {
    return error.code
  }
}

func code(_ body: () async throws -> Void) async -> TransportError.Code? {
  do {
    try await body()
    return nil
  } catch {
    return (error as? TransportError)?.code
  }
}
