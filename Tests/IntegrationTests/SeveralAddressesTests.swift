import PilotBeacon
import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// A beacon that is bound to all addresses of its host: who wrote to one of them hears from that one only, as deployed nodes
/// demand.
@Suite("Beacon on several addresses")
struct SeveralAddressesTests {
  @Test(
    "Answers and deliveries leave from the address that was written to", .timeLimit(.minutes(1)),
    arguments: [Endpoint(ipv4Address: 0, port: 0), Endpoint(high: 0, low: 0, port: 0)])
  func answersFromTheSameAddress(_ wildcard: Endpoint) async throws {
    try await TestBeacon.run {
      $0.udp = wildcard
    } _: { beacon in
      var nodes: [(node: RawNode, beacon: Endpoint)] = []
      for host in 1...4 as ClosedRange<UInt8> {
        let node = try beacon.bind(UInt32(host), host: host % 2 + 1)
        nodes.append((node, Endpoint(ipv4: 127, 0, 0, 10 + host, port: beacon.udp.port)))
      }
      for (index, (node, address)) in nodes.enumerated() {
        var receiver = try node.transport.makeReceiver()
        try node.transport.send(Discover(node: node.id).encoded(), to: address)
        let reply = try await receiver.next()
        let (type, source) = (reply.bytes.byte(at: 0), reply.source)
        #expect(type == BeaconMessageType.discoverReply.rawValue)
        #expect(source == address)
        // From every node that is there, this one included, each by the address that it knows: in bulk, so that groups form.
        for (sender, other) in nodes.prefix(index + 1) {
          var batch = FrameBatch()
          for number in 0..<20 as Range<UInt8> {
            let payload: [UInt8] = [0x50, number]
            let frame = Relay(sender: sender.id, destination: node.id, payload: payload.span.raw).encoded()
            let fitted = batch.append(frame, to: other)
            #expect(fitted)
          }
          _ = try sender.transport.send(contentsOf: batch)
          for number in 0..<20 as Range<UInt8> {
            let frame = try await receiver.next()
            let (source, payload) = (frame.source, try RelayDeliver(parsing: frame.bytes).payload.copied())
            #expect(source == address)
            #expect(payload == [0x50, number])
          }
        }
      }
    }
  }
}
