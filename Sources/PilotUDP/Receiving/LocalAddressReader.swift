internal import CPilotUDP
internal import PilotTransport

/// Says for each received datagram which of this machine's addresses it was written to. For one socket's reader, and not
/// safe to share.
final class LocalAddressReader {
  private let table: LocalAddressTable
  private let events: TransportEventSource
  /// Most datagrams are written to the same address as the one before.
  private var last = cpilot_udp_local()
  private var lastNumber = LocalAddress.any

  init(table: LocalAddressTable, events: TransportEventSource) {
    self.table = table
    self.events = events
  }

  /// The number of an address: `.any` for one that can't be a source, or that the table has no place for.
  @inline(__always)
  func number(of address: cpilot_udp_local) -> LocalAddress {
    if lastNumber != .any, last == address { return lastNumber }
    return look(up: address)
  }

  /// Never inlined: what it has to set up would be done for every datagram.
  @inline(never)
  private func look(up address: cpilot_udp_local) -> LocalAddress {
    guard let number = table.find(address) ?? admitted(address) else { return .any }
    last = address
    lastNumber = number
    return number
  }

  private func admitted(_ address: cpilot_udp_local) -> LocalAddress? {
    switch table.admit(address, at: .now) {
    case .admitted(let number): return number
    case .refused: return nil
    case .full(let isNews):
      if isNews { events.emit(.notice(Self.fullNotice)) }
      return nil
    }
  }

  private static let fullNotice =
    "datagrams were written to more addresses of this machine than are kept apart, which is "
    + "\(LocalAddressTable.capacity), or \(LocalAddressTable.unassignedCapacity) that no interface has: answers for the "
    + "others leave from the address that the system chooses, so bind to one address if that matters"
}
