import Benchmark
import PilotWire

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput, .mallocCountTotal], scalingFactor: .kilo)
  beaconMessages(Examples())
  relays(Examples())
  packets(Examples())
  checksums()
}

/// The messages of the wire reference, section 2, that are values. Writing makes an array.
private func beaconMessages(_ examples: Examples) {
  message("Discover", Discover(node: examples.node))
  message("Discover with a key", Discover(node: examples.node, publicKey: examples.key))
  message("DiscoverEx", Discover(node: examples.node, wantsDestination: true))
  message("DiscoverReply", DiscoverReply(endpoint: examples.endpoint))
  message("PunchRequest", PunchRequest(requester: examples.node, target: examples.node, grant: examples.grant))
  message("PunchCommand", PunchCommand(endpoint: examples.endpoint))
  message("Notify", Notify.handshakeWaiting)
  if let comeBack = ReturnSpan(from: 1, until: 2) { message("Drain", Drain(node: examples.node, comeBack: comeBack)) }
  message("Gone", Gone(destination: examples.node, reason: .notAttached))
  message("DiscoverChallenge", examples.challenge)
  message(
    "DiscoverProof",
    DiscoverProof(challenge: examples.challenge, signature: examples.signature, beacon: examples.beacon))
  if let sync = try? SyncAnnouncement(beaconID: 1, nodeIDs: Array(repeating: examples.node, count: 1_000)) {
    message("Sync of 1,000", sync)
  }
}

private func message(_ name: String, _ message: some FrameEncodable & Sendable) {
  let frame = message.encoded()
  Benchmark("\(name), read") { benchmark in
    for _ in benchmark.scaledIterations {
      let read = try BeaconMessage(parsing: frame.span.bytes)
      blackHole(read.type)
    }
  }
  Benchmark("\(name), write") { benchmark in
    for _ in benchmark.scaledIterations { blackHole(message.encoded()) }
  }
}

/// The messages that borrow their payload.
private func relays(_ examples: Examples) {
  let payload = [UInt8](repeating: 7, count: 1200)
  let relay = Relay(sender: examples.node, destination: examples.node, payload: payload.span.bytes).encoded()
  Benchmark("Relay of 1200 B, read") { benchmark in
    for _ in benchmark.scaledIterations {
      let read = try Relay(parsing: relay.span.bytes)
      blackHole(read.destination)
    }
  }
  Benchmark("Relay of 1200 B, write") { benchmark in
    for _ in benchmark.scaledIterations {
      let relay = Relay(sender: examples.node, destination: examples.node, payload: payload.span.bytes)
      blackHole(relay.encoded())
    }
  }
  let delivery = RelayDeliver(sender: examples.node, payload: payload.span.bytes).encoded()
  Benchmark("RelayDeliver of 1200 B, read") { benchmark in
    for _ in benchmark.scaledIterations {
      let read = try RelayDeliver(parsing: delivery.span.bytes)
      blackHole(read.sender)
    }
  }
}

private func packets(_ examples: Examples) {
  for length in [0, 1200] {
    let payload = [UInt8](repeating: 7, count: length)
    guard let packet = try? Packet(header: examples.packetHeader, payload: payload.span.bytes) else { continue }
    let bytes = packet.encoded()
    Benchmark("Packet of \(length) B, read") { benchmark in
      for _ in benchmark.scaledIterations {
        let read = try Packet(parsing: bytes.span.bytes)
        blackHole(read.header.sequence)
      }
    }
    Benchmark("Packet of \(length) B, write") { benchmark in
      for _ in benchmark.scaledIterations {
        let packet = try Packet(header: examples.packetHeader, payload: payload.span.bytes)
        blackHole(packet.encoded())
      }
    }
  }
}

private func checksums() {
  for length in [64, 1200, 65_536] {
    let bytes = [UInt8](repeating: 7, count: length)
    Benchmark("CRC-32 of \(length) B") { benchmark in
      for _ in benchmark.scaledIterations { blackHole(CRC32.checksum(bytes.span.bytes)) }
    }
  }
}
