import PilotConsole
import PilotNode
import PilotTransport

extension BeaconURL {
  /// A beacon as an option gives it.
  init(option text: String) throws(CommandFailure) {
    do throws(TransportError) {
      try self.init(parsing: text)
    } catch {
      // Some of them say what to write.
      let hint =
        error.message.contains("; ") ? nil : "a beacon is udp://HOST:PORT, wss://HOST[:PORT]/v1/compat or ws://…"
      throw .usage(error.message, hint: hint)
    }
  }
}
