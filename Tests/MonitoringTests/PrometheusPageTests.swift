import Testing

/// The reader of the other tests refuses what is not right.
@Suite struct PrometheusPageTests {
    @Test(arguments: [
        "a_total 1\n",
        "# HELP a_total A\na_total 1\n",
        "# HELP a A\n# TYPE a counter\na 1\n",
        "# HELP a_total A\n# TYPE a_total counter\na_total -1\n",
        "# HELP a_total A\n# TYPE a_total counter\na_total{b=\"1} 1\n",
        "# HELP a_total A\n# TYPE a_total counter\na_total{b=\"\\x\"} 1\n",
        "# HELP a_total A\n# TYPE a_total counter\na_total 1\na_total 2\n",
        "# HELP a_total A\n# TYPE a_total counter\nb_total 1\n",
        "# HELP a A\n# TYPE a gauge\na one\n",
        "# HELP a A\n# TYPE a gauge\na 1",
        "# HELP h H\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
        "# HELP h H\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
        "# HELP h H\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
    ])
    func refuses(page: String) {
        #expect(throws: PrometheusPage.Malformed.self) { try PrometheusPage(parsing: page) }
    }
}
