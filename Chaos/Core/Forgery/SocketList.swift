/// The UDP sockets of a machine, as its kernel lists them to everybody (`/proc/net/udp`, proc(5)): how somebody who isn't on
/// the way learns where a node is.
package struct SocketList: Sendable {
  private let ports: [UInt32: UInt16]

  /// Reads the list. Of several sockets with one address the last counts.
  package init(_ text: String) {
    var ports: [UInt32: UInt16] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      let words = line.split(separator: " ")
      guard words.count > 2 else { continue }
      // `sl local_address rem_address …`, an address as its bytes in memory: the reverse, on a machine that is little-endian.
      let parts = words[1].split(separator: ":")
      guard parts.count == 2, let address = UInt32(parts[0], radix: 16), let port = UInt16(parts[1], radix: 16)
      else { continue }
      ports[UInt32(bigEndian: address)] = port
    }
    self.ports = ports
  }

  /// The port of the socket that is bound to an IPv4 address.
  package func port(at address: UInt32) -> UInt16? { ports[address] }
}
