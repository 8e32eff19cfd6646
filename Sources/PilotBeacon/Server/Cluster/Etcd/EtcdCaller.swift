import PilotWSS

/// Whoever asks etcd: keeps one connection, and goes on to the next member when that fails.
struct EtcdCaller: Sendable {
  private let urls: [EtcdURL]
  private let tls: ClientTLS?
  private let limit: Duration
  private var next = 0
  private var connection: EtcdConnection?

  init(_ urls: [EtcdURL], _ tls: ClientTLS?, limit: Duration = EtcdConnection.limit) {
    (self.urls, self.tls, self.limit) = (urls, tls, limit)
  }

  /// The connection, which is made if there is none.
  mutating func open() async throws(EtcdError) -> EtcdConnection {
    if let connection { return connection }
    let url = urls[next % urls.count]
    do throws(EtcdError) {
      let opened = try await EtcdConnection.open(url, tls: tls, limit: limit)
      connection = opened
      return opened
    } catch {
      next += 1
      throw error
    }
  }

  mutating func close() {
    connection?.close()
    connection = nil
  }

  /// The answer to a request. Whatever fails ends the connection, but for etcd's own refusals.
  mutating func post(_ path: String, _ body: [UInt8]) async throws(EtcdError) -> [UInt8] {
    let connection = try await open()
    do throws(EtcdError) {
      return try await connection.post(path, body)
    } catch {
      if error.code == nil {
        close()
        next += 1
      }
      throw error
    }
  }
}
