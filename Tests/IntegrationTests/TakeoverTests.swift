import Foundation
import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization
import Testing

/// A beacon that takes over from the one before, with real sockets.
@Suite("Takeover", .timeLimit(.minutes(1)))
struct TakeoverTests {
  /// What a task that sends says, and is told.
  private final class Traffic: Sendable {
    let sent = Atomic<UInt64>(0)
    let isOver = Atomic<Bool>(false)
  }

  @Test("Nodes over UDP stay registered, with where they are and what they have proven, and the old beacon ends")
  func registrations() async throws {
    let succession = try Succession()
    let old = try await succession.next()
    let (first, second) = (try old.beacon.bind(1), try old.beacon.bind(2))
    var hears = try first.transport.makeReceiver()
    var alsoHears = try second.transport.makeReceiver()
    try await first.prove(&hears)
    try await second.register(&alsoHears)
    let new = try await succession.next()
    try await old.end.value
    #expect(new.beacon.server.addresses == old.beacon.server.addresses)
    try first.relay([1, 2, 3], to: second.id)
    #expect(try await alsoHears.delivery().payload == [1, 2, 3])
    try second.relay([4], to: first.id)
    #expect(try await hears.delivery().payload == [4])
    let statistics = new.beacon.server.statistics
    #expect(statistics.takeover.takenOver == 1)
    #expect(statistics.takeover.nodesTaken == 2)
    #expect(statistics.router.nodes == 2)
    #expect(statistics.router.discovers.total == 0)
    try await new.stop()
  }

  @Test("Under traffic nothing is lost that the counters of both don't show, over three takeovers")
  func traffic() async throws {
    let succession = try Succession { $0.router.relayRate = 0 }
    var running = try await succession.next()
    let (sender, receiver) = (try running.beacon.bind(1), try running.beacon.bind(2))
    var answers = try sender.transport.makeReceiver()
    var deliveries = try receiver.transport.makeReceiver()
    try await sender.register(&answers)
    try await receiver.register(&deliveries)
    let traffic = Traffic()
    var (relayed, dropped): (UInt64, UInt64) = (0, 0)
    func add(_ statistics: BeaconStatistics) {
      relayed += statistics.router.relayed.total - statistics.refusedByKernel
      dropped += statistics.router.drops.total + statistics.refusedByKernel
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while !traffic.isOver.load(ordering: .relaxed) {
          try await sender.relayInTurn([UInt8](repeating: 7, count: 100), to: receiver.id)
          traffic.sent.add(1, ordering: .relaxed)
          await Task.yield()
        }
      }
      for _ in 0..<3 {
        let before = traffic.sent.load(ordering: .relaxed)
        while traffic.sent.load(ordering: .relaxed) < before + 500 { await Task.yield() }
        let next = try await succession.next()
        try await running.end.value
        add(running.beacon.server.statistics)
        running = next
      }
      traffic.isOver.store(true, ordering: .relaxed)
      try await group.waitForAll()
    }
    let total = traffic.sent.load(ordering: .relaxed)
    // The kernel counts what it drops by the socket, of which there is one throughout.
    try await running.beacon.awaitStatistics {
      relayed + dropped + $0.router.relayed.total + $0.router.drops.total + $0.udp.drops[.kernelBufferFull] >= total
    }
    add(running.beacon.server.statistics)
    #expect(relayed + dropped + running.beacon.server.statistics.udp.drops[.kernelBufferFull] == total)
    #expect(dropped == 0)
    try await running.stop()
  }

  @Test(
    "A peer over WebSocket stays with the old beacon, and is reached from everywhere as before, until it is sent away")
  func peers() async throws {
    let succession = try Succession { $0.drain.window = .seconds(60) }
    let old = try await succession.next()
    let peer = try await old.beacon.connect(1)
    let datagrams = try old.beacon.bind(2)
    var peerHears = try peer.transport.makeReceiver()
    var nodeHears = try datagrams.transport.makeReceiver()
    try await datagrams.register(&nodeHears)
    try await old.beacon.awaitStatistics { $0.router.wssPeers == 1 }
    let new = try await succession.next()
    #expect(new.beacon.server.statistics.router.wssPeers == 1)
    try datagrams.relay([1], to: peer.id)
    #expect(try await peerHears.delivery().payload == [1])
    try peer.relay([2], to: datagrams.id)
    #expect(try await nodeHears.delivery().payload == [2])
    // Between a peer of the new one and one of the old one.
    let other = try await new.beacon.connect(3)
    var otherHears = try other.transport.makeReceiver()
    try await new.beacon.awaitStatistics { $0.router.wssPeers == 2 }
    try other.relay([3], to: peer.id)
    #expect(try await peerHears.delivery().payload == [3])
    try peer.relay([4], to: other.id)
    #expect(try await otherHears.delivery().payload == [4])
    // Unless it has come over by itself, which it does at a moment of its own.
    let statistics = new.beacon.server.statistics
    if statistics.openConnections == 1 { #expect(statistics.takeover.framesPassed == 2) }
    // It leaves, and nothing keeps the old one any more.
    peer.transport.close()
    try await new.beacon.awaitStatistics { $0.router.wssPeers == 1 }
    try await old.end.value
    other.transport.close()
    try await new.stop()
  }

  @Test("A node that connects again while its old connection stands is found over the new one")
  func replacedPeer() async throws {
    let succession = try Succession { $0.drain.window = .seconds(120) }
    let old = try await succession.next()
    let before = try await old.beacon.connect(1)
    try await old.beacon.awaitStatistics { $0.router.wssPeers == 1 }
    let node = try old.beacon.bind(2)
    var answers = try node.transport.makeReceiver()
    try await node.register(&answers)
    let new = try await succession.next()
    let after = try await new.beacon.connect(1)
    var hears = try after.transport.makeReceiver()
    try await new.beacon.awaitStatistics { $0.router.replacements >= 1 }
    // Before that one comes over in its turn, as it was told to.
    before.transport.close()
    try node.relay([5], to: after.id)
    #expect(try await hears.delivery().payload == [5])
    try await old.end.value
    after.transport.close()
    try await new.stop()
  }

  @Test("Where nobody listens any more it starts as usual, and is taken over from in its turn")
  func stalePath() async throws {
    let succession = try Succession()
    let first = try await succession.next()
    try await first.stop()
    let second = try await succession.next()
    #expect(second.beacon.server.statistics.takeover.takenOver == 0)
    let node = try second.beacon.bind(1)
    var answers = try node.transport.makeReceiver()
    try await node.register(&answers)
    let third = try await succession.next()
    #expect(third.beacon.server.statistics.router.nodes == 1)
    try await second.end.value
    try await third.stop()
  }

  @Test("With other addresses it binds its own, and the old one drains as it would have")
  func otherAddresses() async throws {
    let succession = try Succession()
    let old = try await succession.next()
    let node = try old.beacon.bind(1)
    var answers = try node.transport.makeReceiver()
    try await node.register(&answers)
    let new = try await succession.next { $0.udp = Endpoint(ipv4: 127, 0, 0, 2, port: 0) }
    try await old.end.value
    #expect(new.beacon.server.addresses.udp != old.beacon.server.addresses.udp)
    #expect(new.beacon.server.addresses.wss == old.beacon.server.addresses.wss)
    #expect(new.beacon.server.statistics.router.nodes == 0)
    try await new.stop()
  }

  @Test("A beacon of a cluster that is to be taken over from is refused before it asks anybody, and says what to do")
  func cluster() async throws {
    let succession = try Succession {
      $0.cluster = BeaconServer.Configuration.Cluster(etcd: ["http://127.0.0.1:1"], secret: "/nowhere")
    }
    let failure = await #expect(throws: TransportError.self) { try await succession.next() }
    #expect(failure?.code == .invalidConfiguration)
    #expect(failure?.message.contains("drain it to another beacon of the cluster") == true)
  }

  @Test("While it has peers at the beacon before it says that it is busy, and nobody starts beside it")
  func busy() async throws {
    let succession = try Succession { $0.drain.window = .seconds(60) }
    let old = try await succession.next()
    // Each comes over at a moment of its own within 48 s: hardly all of them at once.
    let peers = [try await old.beacon.connect(1), try await old.beacon.connect(2), try await old.beacon.connect(3)]
    try await old.beacon.awaitStatistics { $0.router.wssPeers == 3 }
    let new = try await succession.next()
    let failure = await #expect(throws: TransportError.self) { try await succession.next() }
    #expect(failure?.message.contains("; leave it running, and try again") == true)
    for peer in peers { peer.transport.close() }
    try await old.end.value
    try await new.stop()
  }

  @Test("A path in a directory that others may write to is refused")
  func openDirectory() async throws {
    let succession = try Succession { $0.takeover = "/tmp/takeover-\(UUID().uuidString)" }
    let failure = await #expect(throws: TransportError.self) { try await succession.next() }
    #expect(failure?.code == .bindFailed)
  }
}
