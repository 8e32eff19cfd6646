import PilotTransport
import PilotWire

/// Which port is whose.
struct PortTable: Sendable {
  /// What is drawn from where no number was asked for (wire reference, section 5).
  static let ephemeral: ClosedRange<UInt16> = 49_152...65_535

  private var sinks: [UInt16: any DatagramSink] = [:]
  private var next = ephemeral.lowerBound

  /// Binds a port.
  ///
  /// - Parameters:
  ///   - port: Which one; nil for one that is free.
  ///   - sink: Who takes what comes for it.
  /// - Returns: The port.
  /// - Throws: `.bindFailed`: it is taken, or 0, or none is free.
  mutating func bind(_ port: UInt16?, _ sink: any DatagramSink) throws(TransportError) -> UInt16 {
    let port = if let port { port } else { try free() }
    guard port != 0 else {
      throw TransportError(code: .bindFailed, message: "port 0 is for probes and keepalives; take another one")
    }
    guard sinks[port] == nil else {
      throw TransportError(code: .bindFailed, message: "port \(port) is bound already")
    }
    sinks[port] = sink
    return port
  }

  private mutating func free() throws(TransportError) -> UInt16 {
    for _ in Self.ephemeral {
      let port = next
      next = port == Self.ephemeral.upperBound ? Self.ephemeral.lowerBound : port + 1
      if sinks[port] == nil { return port }
    }
    throw TransportError(code: .bindFailed, message: "all ports from 49152 on are bound")
  }

  mutating func unbind(_ port: UInt16) { sinks[port] = nil }

  subscript(port: UInt16) -> (any DatagramSink)? { sinks[port] }

  /// Everybody who has a port, once for each.
  var all: [any DatagramSink] { Array(sinks.values) }

  /// Gives all ports back.
  /// - Returns: Whose they were.
  mutating func takeAll() -> [any DatagramSink] {
    defer { sinks = [:] }
    return Array(sinks.values)
  }
}
