/// What lies between hosts.
extension SimulatedNetwork {
  /// Sets the conditions of a link, for what is sent from now on.
  ///
  /// A datagram crosses one link, the first that has conditions of its own: the one from sender to receiver, the one from
  /// the sender to all (its uplink), the one from all to the receiver (its downlink), and else the common one. An uplink or a
  /// downlink is one line, whose bandwidth all share that use it; with the common conditions each pair has its own line.
  ///
  /// - Parameters:
  ///   - conditions: The new ones; nil takes them back.
  ///   - sender: From where. Default nil: from all.
  ///   - receiver: To where. Default nil: to all.
  public mutating func setConditions(
    _ conditions: LinkConditions?, from sender: Host? = nil, to receiver: Host? = nil
  ) {
    links.set(conditions, for: LinkKey(sender?.index, receiver?.index))
  }

  /// Lets nothing through in one direction, neither what is sent from now on nor what is on its way.
  ///
  /// - Parameters:
  ///   - sender: From where. Default nil: from all.
  ///   - receiver: To where. Default nil: to all.
  public mutating func cut(from sender: Host? = nil, to receiver: Host? = nil) {
    cuts.insert(LinkKey(sender?.index, receiver?.index))
  }

  /// Takes one ``cut(from:to:)`` back.
  public mutating func mend(from sender: Host? = nil, to receiver: Host? = nil) {
    cuts.remove(LinkKey(sender?.index, receiver?.index))
  }

  /// Parts these hosts from all others, in both directions. They reach each other.
  public mutating func partition(_ island: some Sequence<Host>) {
    lastIsland += 1
    for host in island { hosts[host.index].island = lastIsland }
  }

  /// Takes every ``partition(_:)`` and every ``cut(from:to:)`` back.
  public mutating func heal() {
    cuts = []
    for index in hosts.indices { hosts[index].island = 0 }
  }

  func isCut(from sender: Int, to receiver: Int) -> Bool {
    if hosts[sender].island != hosts[receiver].island { return true }
    guard !cuts.isEmpty else { return false }
    let keys = [LinkKey(sender, receiver), LinkKey(sender, nil), LinkKey(nil, receiver), LinkKey(nil, nil)]
    return keys.contains { cuts.contains($0) }
  }
}
