/// This package's version: what `pilot --version` prints, and what a node calls itself towards a beacon.
package enum PackageVersion {
  /// Three numbers with dots between them (semver.org).
  package static let text = "0.1.0"
}
