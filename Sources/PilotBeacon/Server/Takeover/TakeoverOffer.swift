import PilotTransport
package import PilotWire

/// What a beacon has for its successor.
struct TakeoverOffer: Equatable, Sendable {
  /// Of the conversation. Who speaks another one isn't talked to.
  static let version: UInt16 = 1

  /// What the table is handed over in, and how long a record is: who knows another one starts with an empty table.
  var table = RegistrationRecord.version
  var recordLength = UInt16(RegistrationRecord.length)
  /// The first of the numbers under which its neighbours know its nodes.
  var beaconID: UInt32
  /// Where it listens.
  var udp: Endpoint
  /// How many sockets that are.
  var udpSockets: UInt16
  var wss: Endpoint?
  var http: Endpoint?

  /// What of it a beacon takes that is to listen elsewhere, perhaps.
  ///
  /// - Parameters:
  ///   - udp: Where that is; port 0 is any.
  ///   - wss: The same, nil for nowhere.
  ///   - http: The same.
  func parts(udp: Endpoint, wss: Endpoint?, http: Endpoint?) -> TakeoverParts {
    var parts: TakeoverParts = []
    if self.udp.fits(udp), udpSockets > 0 { parts.formUnion([.udp, .peers]) }
    if let offered = self.wss, let wss, offered.fits(wss) { parts.insert(.wss) }
    if let offered = self.http, let http, offered.fits(http) { parts.insert(.http) }
    let isKnown = table == RegistrationRecord.version && recordLength == UInt16(RegistrationRecord.length)
    if parts.contains(.udp), isKnown { parts.insert(.table) }
    return parts
  }
}

extension Endpoint {
  /// Whether a socket that is bound here is what somebody who asks for `asked` would get.
  package func fits(_ asked: Endpoint) -> Bool {
    guard asked.port == 0 || asked.port == port else { return false }
    let address = Endpoint(high: high, low: low, scope: scope, port: 0)
    let wanted = Endpoint(high: asked.high, low: asked.low, scope: asked.scope, port: 0)
    // Where there is no IPv6, all of IPv4 is what is bound for all of both.
    return address == wanted || wanted == .any(port: 0) && address == Endpoint(ipv4Address: 0, port: 0)
  }
}
