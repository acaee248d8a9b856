/// Where the tests' files are, wherever the tests are run.
public enum Repository {
    /// The root of the repository, absolute.
    public static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    /// Of real kernels, in a directory for each release.
    public static let recordings = root + "/Tests/Recordings"
}
