// Two UDP transports in one process: one sends back what it gets, the other asks and prints the answers.
//
//   swift run UDPEcho

import PilotTransport
import PilotUDP
import PilotWire

@main
enum UDPEcho {
  static func main() async throws {
    // Port 0: the system picks one, and `localEndpoint` tells which.
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = .loopback(port: 0)
    let server = try UDPTransport.bind(configuration)
    let client = try UDPTransport.bind(configuration)

    async let echoing: Void = echo(on: server)

    // The one receiver. A second `makeReceiver()` throws, and a copy of this one doesn't compile.
    var receiver = try client.makeReceiver()
    // One frame in, one frame out: the empty one is a frame too.
    for text in ["hello", "", "hello again"] {
      try client.send(Array(text.utf8), to: server.localEndpoint)
      // The frame is lent until the receiver is used again. What is to be kept is copied.
      let frame = try await receiver.next()
      let answer = String(decoding: frame.copiedBytes, as: UTF8.self)
      print("\(frame.source) answers \"\(answer)\" (\(frame.bytes.byteCount) bytes)")
    }

    // Closing is the only thing that ends a transport, and what ends the echo.
    server.close()
    client.close()
    try await echoing
  }

  /// Sends every frame back to where it came from, until the transport is closed. Works on any transport.
  private static func echo(on transport: some Transport) async throws {
    var receiver = try transport.makeReceiver()
    // Lends one frame after the other, and returns when the transport is closed.
    try await receiver.forEach { frame throws(TransportError) in
      try transport.send(frame.bytes, to: frame.source)
    }
    print("the echo saw \(transport.counters.framesReceived) frames")
  }
}
