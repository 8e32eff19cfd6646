public import PilotWire

/// IP addresses, as blocks. Whether one is among them is found in a few steps, without allocation, however many there are.
public struct AddressSet: Sendable, Equatable {
  private let ipv4: SortedRanges<UInt32>
  private let ipv6: SortedRanges<UInt128>

  /// The addresses of these blocks, which may overlap.
  public init(_ blocks: some Sequence<CIDRBlock> = []) {
    var (ipv4, ipv6): ([ClosedRange<UInt32>], [ClosedRange<UInt128>]) = ([], [])
    for block in blocks {
      if let first = block.base.ipv4Address {
        // A shift by all 32 bits gives 0, as it should.
        ipv4.append(first...(first | UInt32.max >> UInt32(block.prefixLength)))
      } else {
        let first = Self.number(block.base)
        ipv6.append(first...(first | UInt128.max >> UInt128(block.prefixLength)))
      }
    }
    self.ipv4 = SortedRanges(ipv4)
    self.ipv6 = SortedRanges(ipv6)
  }

  /// Whether no address is in it.
  public var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

  /// Whether the endpoint's address is in it, IPv4 plain or mapped. Port and scope don't matter.
  public func contains(_ endpoint: Endpoint) -> Bool {
    if let address = endpoint.ipv4Address { return ipv4.contains(address) }
    return ipv6.contains(Self.number(endpoint))
  }

  private static func number(_ endpoint: Endpoint) -> UInt128 { UInt128(endpoint.high) << 64 | UInt128(endpoint.low) }
}
