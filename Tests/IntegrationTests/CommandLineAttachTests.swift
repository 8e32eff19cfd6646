import Foundation
import PilotConsole
import PilotIdentity
import PilotTesting
import PilotTransport
import PilotUDP
import PilotWire
import Testing

@testable import PilotBeacon
@testable import PilotCommands

@Suite("pilot attach", .timeLimit(.minutes(1)))
struct CommandLineAttachTests {
  @Test("over WSS it says ready, announces itself, and ends with its books")
  func wss() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let node = try AttachProcess(
          7, "--transport", "wss", "--beacon", "\(beacon.url)", identity: identity)
        #expect(try await node.event()?.event == "ready")
        #expect(try await node.event("frame").hex?.hasPrefix("0204") == true, "the answer to its Discover")
        node.write(#"{"relay":7,"payload":"68656c6c6f"}"#)
        let delivery = try await node.event("deliver")
        #expect(delivery.sender == 7)
        #expect(delivery.payload == "68656c6c6f")
        node.write(#"{"close":true}"#)
        let books = try await node.event("closed")
        #expect(books.sent == 2)
        #expect(books.received == 2)
        #expect(books.dropped?["expired"] == 0)
        #expect(try await node.event() == nil)
        #expect(await node.child.exitStatus() == 0)
      }
    }
  }

  @Test("says that a node isn't there")
  func gone() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run(TestBeacon.speakingV2) { beacon in
        let node = try AttachProcess(7, "--transport", "wss", "--beacon", "\(beacon.url)", identity: identity)
        #expect(try await node.event("frame").hex?.hasPrefix("0204") == true, "the answer to its Discover")
        node.write(#"{"relay":9,"payload":"01"}"#)
        #expect(try await node.event("frame").hex == "0d0000000901")
        #expect(try await node.event("gone").node == 9)
        node.write(#"{"close":true}"#)
        _ = try await node.event("closed")
        #expect(await node.child.exitStatus() == 0)
      }
    }
  }

  @Test("over WSS it announces itself again to a beacon that came back")
  func reconnected() async throws {
    try await withIdentityFile { file in
      try await withNodesFile(1...9, of: TestBeacon.identity) { nodes in
        let first = try BeaconProcess(nodes: nodes)
        let address = (udp: "\(first.udp)", wss: "\(first.wss)")
        let node = try AttachProcess(7, "--transport", "wss", "--beacon", "\(first.url)", identity: file)
        #expect(try await node.event("frame").hex?.hasPrefix("02") == true)
        first.kill()
        let second = try BeaconProcess(udp: address.udp, wss: address.wss, nodes: nodes)
        _ = try await node.event("reconnected")
        #expect(try await node.event("frame").hex?.hasPrefix("02") == true)
        #expect(second.terminate() == 0)
      }
    }
  }

  @Test("over UDP it is ready when it is reachable, also where it was proven to be elsewhere")
  func provenElsewhere() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let options = ["--transport", "udp", "--beacon", "udp://\(beacon.udp)"]
        let first = try AttachProcess(7, options[0], options[1], options[2], options[3], identity: identity)
        #expect(try await first.event()?.event == "ready")
        while beacon.server.statistics.router.proofs[.accepted] < 1 {
          try Task.checkCancellation()
          await Task.yield()
        }
        let second = try AttachProcess(7, options[0], options[1], options[2], options[3], identity: identity)
        #expect(try await second.event()?.event == "ready")
        second.write(#"{"relay":7,"payload":"01020304"}"#)
        #expect(try await second.event("deliver").payload == "01020304", "nothing of its own is shown before")
        for node in [first, second] {
          node.child.closeInput()
          #expect(try await node.event("closed").sent != nil)
          #expect(await node.child.exitStatus() == 0)
        }
      }
    }
  }

  @Test("over UDP without evidence it says so, and is ready all the same")
  func undelivered() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        // Nobody knows this node's key, and it is alive elsewhere.
        let living = try beacon.bind(500, host: 2)
        var receiver = try living.transport.makeReceiver()
        try await living.register(&receiver)
        let node = try AttachProcess(
          500, "--transport", "udp", "--beacon", "udp://\(beacon.udp)", identity: identity)
        let error = try #require(await node.event())
        #expect(error.code == "timed_out")
        #expect(error.message?.contains("delivers nothing") == true)
        #expect(try await node.event()?.event == "ready")
      }
    }
  }

  @Test("over UDP a name that can't be resolved is said so, and looked up again")
  func unresolved() async throws {
    try await withIdentityFile { identity in
      let node = try AttachProcess(
        7, "--transport", "udp", "--beacon", "udp://nowhere.invalid:9001", identity: identity)
      let error = try await node.event("error")
      #expect(error.code == "resolve_failed")
      #expect(error.message?.contains("looking it up") == true)
      #expect(try await node.event("ready").transport == "udp")
      node.write(#"{"relay":7,"payload":"01"}"#)
      #expect(try await node.event("error").code == "invalid_destination")
      node.write(#"{"close":true}"#)
      _ = try await node.event("closed")
      #expect(await node.child.exitStatus() == 0)
    }
  }

  @Test("auto doesn't choose UDP on an answer alone")
  func autoWithoutEvidence() async throws {
    try await withIdentityFile(Identity()) { wrong in
      try await TestBeacon.run { beacon in
        let living = try beacon.bind(9, host: 2)
        var receiver = try living.transport.makeReceiver()
        try await living.register(&receiver)
        let node = try AttachProcess(
          9, "--beacon", "udp://\(beacon.udp)", "--beacon", "\(beacon.url)", identity: wrong)
        // It tries WSS, where its key is refused.
        #expect(try await node.event()?.event == "reconnecting")
        node.child.signal(SIGTERM)
        #expect(try await node.event("left_out").count ?? 0 > 0, "the answers over UDP, which led to nothing")
        #expect(await node.child.exitStatus() == 0)
      }
    }
  }

  @Test("auto takes WSS where UDP can't be had", arguments: ["udp://nowhere.invalid:9001", "udp://255.255.255.255:9"])
  func autoWithoutUDP(url: String) async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let node = try AttachProcess(
          7, "--beacon", url, "--beacon", "\(beacon.url)", identity: identity)
        #expect(try await node.event("ready").transport == "wss")
      }
    }
  }

  @Test("auto leaves a transport alone that it may never use", arguments: [("--udp", "wss"), ("--wss", "udp")])
  func never(_ option: String, _ transport: String) async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let node = try AttachProcess(
          7, "--beacon", "udp://\(beacon.udp)", "--beacon", "\(beacon.url)", option, "never", identity: identity)
        #expect(try await node.event("ready").transport == transport)
        node.write(#"{"relay":7,"payload":"0102"}"#)
        #expect(try await node.event("deliver").payload == "0102")
        node.write(#"{"close":true}"#)
        _ = try await node.event("closed")
        // The announcement and the relay, over the connection; over UDP there would be questions before them.
        #expect(option == "--wss" || beacon.server.statistics.router.frames == 2)
      }
    }
  }

  @Test("--wss never opens no connection, even where UDP doesn't answer")
  func noConnection() async throws {
    try await withIdentityFile { identity in
      let server = try await ScriptedServer.start { _ in .answer("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") }
      // It is there, and says nothing.
      var configuration = UDPTransport.Configuration()
      configuration.bindTo = .loopback(port: 0)
      let silent = try UDPTransport.bind(configuration)
      let node = try AttachProcess(
        7, "--beacon", "udp://\(silent.localEndpoint)", "--beacon", "ws://127.0.0.1:\(server.port)", "--wss", "never",
        identity: identity)
      // By then it would have dialled long ago.
      #expect(try await node.event("error").code == "timed_out")
      node.write(#"{"close":true}"#)
      _ = try await node.event("closed")
      // Connections come in their order: this one is behind all of the node's.
      _ = try await HTTPExchange.begin("GET / HTTP/1.1\r\n\r\n", at: .loopback(port: UInt16(server.port)))
      try await server.requests.wait { !$0.isEmpty }
      #expect(server.connections.value == 1)
      silent.close()
      await server.stop()
    }
  }

  @Test("a standby takes over when the beacon is killed, and is told, and the books are those of all paths")
  func standby() async throws {
    try await withIdentityFile { file in
      try await withNodesFile(1...9, of: TestBeacon.identity) { nodes in
        let first = try BeaconProcess(nodes: nodes)
        let second = try BeaconProcess(nodes: nodes)
        let node = try AttachProcess(
          7, "--beacon", "\(first.url)", "--standby", "\(second.url)", identity: file)
        #expect(try await node.event("ready").transport == "wss")
        // What the standby says shows that it is there.
        while try await node.event("frame").from != "192.0.2.2:1" {}
        first.kill()
        #expect(try await node.event("switched").transport == "wss")
        node.write(#"{"relay":7,"payload":"0102"}"#)
        #expect(try await node.event("deliver").payload == "0102")
        node.write(#"{"close":true}"#)
        let books = try await node.event("closed")
        #expect(books.sent ?? 0 >= 3)
        #expect(await node.child.exitStatus() == 0)
        #expect(second.terminate() == 0)
      }
    }
  }

  @Test("of a name's addresses the one that answers is used")
  func name() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let node = try AttachProcess(
          7, "--transport", "udp", "--beacon", "udp://localhost:\(beacon.udp.port)", identity: identity)
        #expect(try await node.event("ready").transport == "udp")
        node.write(#"{"relay":7,"payload":"01020304"}"#)
        #expect(try await node.event("deliver").payload == "01020304")
      }
    }
  }

  @Test("a delivery from anybody but the beacon is a frame")
  func forged() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let node = try AttachProcess(7, "--transport", "udp", "--beacon", "udp://\(beacon.udp)", identity: identity)
        let ready = try await node.event("ready")
        let address = try Endpoint(parsing: try #require(ready.local))
        let stranger = try beacon.bind(3)
        let payload: [UInt8] = [1, 2, 3, 4]
        let forged = RelayDeliver(sender: stranger.id, payload: payload.span.raw).encoded()
        try stranger.transport.send(forged, to: address)
        while true {
          let event = try #require(await node.event())
          #expect(event.event == "frame")
          if event.hex?.hasPrefix("06") == true { break }
        }
        var receiver = try stranger.transport.makeReceiver()
        try await stranger.register(&receiver)
        try stranger.relay(payload, to: try RawNode.id(7))
        #expect(try await node.event("deliver").sender == 3)
      }
    }
  }

  @Test("a capture is a file for nobody else to read, also where tshark isn't there to read it")
  func capture() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let file = identity.deletingLastPathComponent().appending(path: "frames.pcapng").path
        let node = try AttachProcess(
          7, "--transport", "wss", "--beacon", "\(beacon.url)", "--capture", file, "--capture-limit", "1",
          identity: identity)
        #expect(try await node.event()?.event == "ready")
        node.write(#"{"close":true}"#)
        _ = try await node.event("closed")
        #expect(await node.child.exitStatus() == 0)
        let bytes = try #require(FileManager.default.contents(atPath: file))
        #expect(bytes.starts(with: [0x0A, 0x0D, 0x0D, 0x0A]))
        // Its Discover.
        #expect(bytes.range(of: Data([1, 0, 0, 0, 7])) != nil)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
      }
    }
  }

  @Test("a capture that can't be had is refused before anything is sent, and a limit without one")
  func noCapture() async throws {
    try await withIdentityFile { identity in
      let options = ["attach", "--node", "7", "--identity", identity.path, "--beacon", "udp://127.0.0.1:9"]
      let folder = try await CommandLineProgram.run(
        options[0], options[1], options[2], options[3], options[4], options[5], options[6], "--capture",
        identity.deletingLastPathComponent().path)
      #expect(folder.status == 1 && folder.errorLines.count <= 2)
      #expect(folder.error.contains("can't be written: Is a directory"))
      let limit = try await CommandLineProgram.run(
        options[0], options[1], options[2], options[3], options[4], options[5], options[6], "--capture-limit", "5")
      #expect(limit.status == 2 && limit.error.contains("--capture FILE"))
    }
  }
}
