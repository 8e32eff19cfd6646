internal import PilotTransport
internal import PilotWire

/// A registration as one beacon hands it to the next on the same machine: 64 bytes.
///
/// ```text
/// node:4 · flags:1 · local:1 · port:2 · address:16 · zone:4 · since:8 · heard:8 · ends:8 · credit:4 · key:8
/// ```
///
/// Instants are the machine's own, CLOCK_MONOTONIC, which is the same for all its processes until it is started anew
/// (clock_gettime(2)). What another layout or meaning would be has another ``version``.
struct RegistrationRecord: Equatable, Sendable {
  /// Of what the table is handed over in. To be raised with each change of the layout, or of what a flag means.
  static let version: UInt16 = 1
  static let length = 64
  /// The flag beside the registration's own: its node has proven itself since the first of these beacons started.
  private static let hasProvenFlag: UInt8 = 1 << 7
  /// How far ahead of the reader's clock an instant may be: the threads that write aren't the one that reads.
  private static let slack: UInt64 = 1_000_000_000

  let node: NodeID
  let registration: Registration
  let hasProven: Bool
  /// The first bytes of the key that the node has proven, as a number; 0 if it has proven none, or the key isn't at hand.
  var key: UInt64 = 0

  init(node: NodeID, registration: Registration, hasProven: Bool, key: UInt64 = 0) {
    self.node = node
    self.registration = registration
    self.hasProven = hasProven
    self.key = key
  }

  /// Reads a record.
  ///
  /// - Parameters:
  ///   - bytes: As many as a record has.
  ///   - locals: How many addresses of this machine have a number.
  ///   - now: The present: what is said to have been is in the past.
  /// - Throws: What can't be, in a table of this version.
  init(parsing bytes: RawSpan, locals: Int, now: UInt64) throws(HandoverError) {
    guard bytes.byteCount == Self.length else { throw .truncated }
    guard let node = NodeID(bytes.bigEndian(at: 0, as: UInt32.self)) else { throw .record }
    let flags = bytes.byte(at: 4)
    let known = Registration.Flags(rawValue: flags & ~Self.hasProvenFlag)
    guard known.isSubset(of: .all) else { throw .record }
    let local = bytes.byte(at: 5)
    let endpoint = Endpoint(
      high: bytes.bigEndian(at: 8), low: bytes.bigEndian(at: 16), scope: bytes.bigEndian(at: 24),
      port: bytes.bigEndian(at: 6))
    // IPv4 has no zones.
    guard endpoint.scope == bytes.bigEndian(at: 24, as: UInt32.self) else { throw .record }
    guard Int(local) <= locals, endpoint.port != 0, !endpoint.hasNoAddress else { throw .record }
    let (since, heardAt) = (bytes.bigEndian(at: 28, as: UInt64.self), bytes.bigEndian(at: 36, as: UInt64.self))
    let latest = now.addingClamped(Self.slack)
    guard since <= latest, heardAt <= latest else { throw .record }
    self.node = node
    hasProven = flags & Self.hasProvenFlag != 0
    key = bytes.bigEndian(at: 56)
    registration = Registration(
      at: endpoint, local: LocalAddress(index: local), flags: known, since: since, heardAt: heardAt,
      expiresAt: bytes.bigEndian(at: 44), credit: bytes.bigEndian(at: 52))
  }

  /// - Precondition: there is room for it.
  @_lifetime(output: copy output)
  func append(to output: inout OutputRawSpan) {
    let endpoint = registration.endpoint
    output.append(bigEndian: node.rawValue)
    output.append(registration.flags.rawValue | (hasProven ? Self.hasProvenFlag : 0))
    output.append(registration.local.index)
    output.append(bigEndian: endpoint.port)
    output.append(bigEndian: endpoint.high)
    output.append(bigEndian: endpoint.low)
    output.append(bigEndian: endpoint.scope)
    output.append(bigEndian: registration.since)
    output.append(bigEndian: registration.heardAt)
    output.append(bigEndian: registration.expiresAt)
    output.append(bigEndian: registration.credit)
    output.append(bigEndian: key)
  }
}

extension Endpoint {
  /// Whether the address is 0.0.0.0 or ::, where nobody is.
  fileprivate var hasNoAddress: Bool { high == 0 && (low == 0 || low == 0xFFFF_0000_0000) }
}
