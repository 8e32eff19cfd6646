package import PilotWire

/// What stands in a path probe that a node of ours sends:
/// `pathprobe.v1 · kind:1 · token:8`, in a call and its answer then `count:1 · count × (length:1 · IP:4 or 16 · port:2)`.
///
/// A deployed node sends the 12 letters alone, and gives back whatever it gets.
package struct ProbePayload: Hashable, Sendable {
  /// What it is for.
  package enum Kind: UInt8, Sendable {
    /// It is to come back from the address that it was sent to.
    case probe = 1
    /// The sender tells its addresses, and asks for the receiver's.
    case call = 2
    /// The sender tells its addresses, as it was asked.
    case answer = 3
  }

  /// How many addresses one carries.
  package static let addressLimit = 8
  /// The longest, in bytes.
  package static let longest = headerLength + 1 + addressLimit * 19
  private static let text: StaticString = "pathprobe.v1"
  private static let textLength = 12
  private static let headerLength = textLength + 1 + 8

  /// What it is for.
  package let kind: Kind
  /// What nobody knows who hasn't got this probe.
  package let token: UInt64
  /// At most 8; none in a probe.
  package let addresses: [Endpoint]

  /// A payload to be written.
  ///
  /// - Parameters:
  ///   - kind: What it is for.
  ///   - token: What nobody else can know.
  ///   - addresses: The sender's. The first 8 are written, and in a probe none.
  package init(_ kind: Kind, token: UInt64, addresses: [Endpoint] = []) {
    self.kind = kind
    self.token = token
    self.addresses = kind == .probe ? [] : Array(addresses.prefix(Self.addressLimit))
  }

  /// Reads a whole payload; nil if it is anything but exactly one of ours.
  package init?(parsing payload: RawSpan) {
    guard payload.byteCount >= Self.headerLength else { return nil }
    for offset in 0..<Self.textLength where payload.byte(at: offset) != Self.letter(offset) { return nil }
    guard let kind = Kind(rawValue: payload.byte(at: Self.textLength)) else { return nil }
    self.kind = kind
    token = payload.bigEndian(at: Self.textLength + 1)
    guard kind != .probe else {
      guard payload.byteCount == Self.headerLength else { return nil }
      addresses = []
      return
    }
    guard let addresses = Self.addresses(in: payload) else { return nil }
    self.addresses = addresses
  }

  private static func addresses(in payload: RawSpan) -> [Endpoint]? {
    var offset = headerLength
    guard payload.byteCount > offset else { return nil }
    let count = Int(payload.byte(at: offset))
    guard count <= addressLimit else { return nil }
    offset += 1
    var addresses: [Endpoint] = []
    for _ in 0..<count {
      guard payload.byteCount > offset else { return nil }
      let length = Int(payload.byte(at: offset))
      guard length == 4 || length == 16, payload.byteCount >= offset + 1 + length + 2 else { return nil }
      let port: UInt16 = payload.bigEndian(at: offset + 1 + length)
      let address =
        length == 4
        ? Endpoint(ipv4Address: payload.bigEndian(at: offset + 1), port: port)
        : Endpoint(high: payload.bigEndian(at: offset + 1), low: payload.bigEndian(at: offset + 9), port: port)
      // There is one way to write an address: an IPv4 one has 4 bytes.
      guard address.isIPv4 == (length == 4) else { return nil }
      addresses.append(address)
      offset += 1 + length + 2
    }
    return offset == payload.byteCount ? addresses : nil
  }

  private static func letter(_ offset: Int) -> UInt8 {
    // SAFETY: the text has 12 letters, and every caller asks for one of these.
    unsafe text.utf8Start[offset]
  }
}

extension ProbePayload: FrameEncodable {
  /// 21 bytes for a probe, 174 at most.
  package var encodedLength: Int {
    guard kind != .probe else { return Self.headerLength }
    return addresses.reduce(Self.headerLength + 1) { $0 + ($1.isIPv4 ? 7 : 19) }
  }

  /// Appends the payload.
  @_lifetime(output: copy output)
  package func append(to output: inout OutputRawSpan) {
    for offset in 0..<Self.textLength { output.append(Self.letter(offset)) }
    output.append(kind.rawValue)
    output.append(bigEndian: token)
    guard kind != .probe else { return }
    output.append(UInt8(addresses.count))
    for address in addresses {
      if let ipv4 = address.ipv4Address {
        output.append(4)
        output.append(bigEndian: ipv4)
      } else {
        output.append(16)
        output.append(bigEndian: address.high)
        output.append(bigEndian: address.low)
      }
      output.append(bigEndian: address.port)
    }
  }
}
