#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The echo end that the Autobahn test suite is run against, on the product's own codec and channel handler.
///
///     AutobahnEcho server              echoes on a port that it picks and prints
///     AutobahnEcho client PORT AGENT   goes through the cases of the fuzzing server on that port
@main
enum AutobahnEcho {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case ("server", 1):
      try await EchoServer.run()
    case ("client", 3):
      let values = Array(arguments)
      guard let port = Int(values[1]) else { throw EchoFailure("\(values[1]) is no port") }
      try await EchoClient(port: port, agent: values[2]).run()
    default:
      throw EchoFailure("usage: AutobahnEcho server | client PORT AGENT")
    }
  }
}

/// Prints a line at once, also into a pipe.
func report(_ line: String) {
  print(line)
  fflush(nil)
}

/// Why it could not be done.
struct EchoFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
