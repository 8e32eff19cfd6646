import ArgumentParser
import FoundationEssentials
import NIOCore
import NIOPosix
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// `pilot bench wss-sink`: the other end of `pilot bench wss`, which starts it. It accepts one node, counts the frames
/// that the node sends, and ends with its standard input.
struct WSSSinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wss-sink", abstract: "Count what a WebSocket client sends.",
    discussion: "Started by pilot bench wss. Example: pilot bench wss-sink --node 1 --key <base64>",
    shouldDisplay: false)

  @Option(help: ArgumentHelp("The node that may connect.", valueName: "id"))
  var node: UInt32

  @Option(help: ArgumentHelp("Its public key.", valueName: "base64"))
  var key: String

  @Option(help: ArgumentHelp("The certificate, PEM.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("Its private key, PEM.", valueName: "file"))
  var tlsKey: String?

  func run() async throws {
    guard let node = NodeID(node), let key = PublicKey(base64: key) else {
      throw CommandFailure.usage("a node and its key are needed")
    }
    var configuration = WSSListener.Configuration(
      address: Endpoint(ipv4: 127, 0, 0, 1, port: 0), unixTime: { UInt64(max(0, Date().timeIntervalSince1970)) })
    if let tlsCert, let tlsKey { configuration.tls = try ServerTLS(certificate: tlsCert, key: tlsKey) }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let dispatcher = NIOLoopBoundBox.makeBoxSendingValue(WSSSinkDispatcher(), eventLoop: group.next())
    let listener = WSSListener(
      configuration, keys: StaticKeyDirectory([node: key]), dispatchers: { _ in dispatcher.value })
    let address = try await listener.start(on: group)
    try await Console.standard.print(["event": "ready", "address": "\(address)"])
    try await NIOThreadPool.singleton.runIfActive {
      var lines = LineReader(descriptor: 0)
      while lines.next() != nil {}
    }
    await listener.shutDown()
    try await group.shutdownGracefully()
  }
}
