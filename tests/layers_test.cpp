#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(layers)

namespace fs = std::filesystem;
using lvtino::text;

namespace {

constexpr int kLongestFile = 400;

/// Folder -> folders whose headers its files may include, besides its own. What is not listed here
/// (tests, benchmarks) may include everything.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"lvtino/core", {}},
    {"operators", {"lvtino/core"}},
    {"reports", {"lvtino/core"}},
    {"priors/nn", {"lvtino/core"}},
    {"priors/networks", {"priors/nn", "lvtino/core"}},
    {"priors/text", {"lvtino/core"}},
    {"priors", {"priors/networks", "priors/text", "priors/nn", "lvtino/core"}},
    {"solvers", {"operators", "lvtino/core"}},
    {"validation",
     {"operators", "solvers", "priors", "priors/nn", "priors/networks", "priors/text",
      "lvtino/core"}},
    {"lvtino/device",
     {"operators", "solvers", "validation", "priors/nn", "priors/networks", "lvtino/core"}},
    {"lvtino",
     {"operators", "solvers", "priors", "priors/nn", "priors/networks", "priors/text", "reports",
      "validation", "lvtino/device", "lvtino/core"}},
    {"lvtino/training", {"priors", "priors/nn", "reports", "validation", "lvtino", "lvtino/core"}},
};

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".hpp" || extension == ".cpp" || extension == ".cu";
}

/// The layer of a path relative to the root; "lvtino/core" is none of "lvtino", nor "priors/nn" of
/// "priors".
std::string layer_of(const std::string& path) {
  for (const char* nested : {"lvtino/core", "lvtino/device", "lvtino/training", "priors/nn",
                             "priors/networks", "priors/text"})
    if (path.rfind(std::string(nested) + "/", 0) == 0) return nested;
  const std::size_t end = path.find('/');
  return end == std::string::npos ? "" : path.substr(0, end);
}

/// Everything that breaks a rule, one line each.
class Rules {
 public:
  explicit Rules(fs::path root) : root_(std::move(root)) {
    for (const char* folder : {"lvtino", "operators", "priors", "reports", "solvers", "validation",
                               "benchmarks", "tests"})
      if (fs::exists(root_ / folder))
        for (const auto& entry : fs::recursive_directory_iterator(root_ / folder))
          if (entry.is_regular_file() && is_source(entry.path())) check(entry.path());
    std::sort(violations.begin(), violations.end());
  }

  std::vector<std::string> violations;
  int files = 0;
  int includes = 0;

 private:
  void check(const fs::path& path) {
    const std::string name = fs::relative(path, root_).generic_string();
    std::ifstream stream(path);
    bool once = false;
    int lines = 0;
    for (std::string line; std::getline(stream, line); ++lines) {
      once = once || line == "#pragma once";
      check_include(name, line);
    }
    ++files;
    if (path.extension() == ".hpp" && !once) violations.push_back(text(name, ": no #pragma once"));
    if (lines > kLongestFile)
      violations.push_back(text(name, ": ", lines, " lines, more than ", kLongestFile));
  }

  void check_include(const std::string& name, const std::string& line) {
    static const std::regex pattern("^\\s*#\\s*include\\s*\"([^\"]+)\".*");
    std::smatch match;
    if (!std::regex_match(line, match, pattern)) return;
    ++includes;
    const std::string included = match[1];
    // The helpers in tests/ are on the include path of all tests.
    const bool is_test = name.size() > 9 && name.substr(name.size() - 9) == "_test.cpp";
    if (is_test && fs::exists(root_ / "tests" / included)) return;
    const std::string from = layer_of(name), to = layer_of(included);
    if (!fs::exists(root_ / included)) {
      violations.push_back(text(name, ": \"", included, "\" is not written from the root"));
      return;
    }
    const auto rule = kMayInclude.find(from);
    if (rule != kMayInclude.end() && to != from && !rule->second.count(to))
      violations.push_back(text(name, ": ", from, " may not include ", included));
  }

  fs::path root_;
};

/// A small tree of sources that goes away with the test.
class Planted {
 public:
  Planted() : root_(fs::temp_directory_path() / text("lvtino_layers_test_", ::getpid())) {
    add("lvtino/core/tensor.hpp", "#pragma once\n");
    add("operators/mask.hpp", "#pragma once\n#include \"lvtino/core/tensor.hpp\"\n");
    add("priors/prior.hpp", "#pragma once\n#include \"lvtino/core/tensor.hpp\"\n");
    add("lvtino/sampler.hpp", "#pragma once\n#include \"priors/prior.hpp\"\n");
  }
  ~Planted() { fs::remove_all(root_); }

  void add(const std::string& name, const std::string& content) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << content;
  }
  std::string violation() const {
    const Rules rules(root_);
    return rules.violations.size() == 1 ? rules.violations[0]
                                        : text(rules.violations.size(), " violations");
  }

 private:
  fs::path root_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_sources_keep_the_rules) {
  const Rules rules(LVTINO_SOURCE_DIR);
  BOOST_TEST(rules.files > 40);
  BOOST_TEST(rules.includes > 100);
  for (const std::string& violation : rules.violations) BOOST_ERROR(violation);
}

BOOST_AUTO_TEST_CASE(planted_violations_are_caught) {
  {
    const Planted tree;
    BOOST_TEST(tree.violation() == "0 violations");
  }
  const auto caught = [](const std::string& name, const std::string& content) {
    const Planted tree;
    tree.add(name, content);
    return tree.violation();
  };
  BOOST_TEST(caught("operators/blur.cpp", "#include \"priors/prior.hpp\"\n") ==
             "operators/blur.cpp: operators may not include priors/prior.hpp");
  BOOST_TEST(caught("lvtino/core/rng.cpp", "  #  include \"operators/mask.hpp\"  // why\n") ==
             "lvtino/core/rng.cpp: lvtino/core may not include operators/mask.hpp");
  BOOST_TEST(caught("priors/x.cpp", "#include \"lvtino/sampler.hpp\"\n") ==
             "priors/x.cpp: priors may not include lvtino/sampler.hpp");
  BOOST_TEST(caught("validation/x.cu", "#include \"lvtino/sampler.hpp\"\n") ==
             "validation/x.cu: validation may not include lvtino/sampler.hpp");
  BOOST_TEST(caught("priors/x.cpp", "#include \"prior.hpp\"\n") ==
             "priors/x.cpp: \"prior.hpp\" is not written from the root");
  BOOST_TEST(caught("priors/x.hpp", "// nothing\n") == "priors/x.hpp: no #pragma once");
  std::string lines;
  for (int i = 0; i < 401; ++i) lines += "\n";
  BOOST_TEST(caught("priors/x.cpp", lines) == "priors/x.cpp: 401 lines, more than 400");
  // What may include everything.
  BOOST_TEST(caught("priors/x_test.cpp", "#include \"solvers/cg.hpp\"\n") ==
             "priors/x_test.cpp: \"solvers/cg.hpp\" is not written from the root");
  BOOST_TEST(caught("tests/x.cpp", "#include \"lvtino/sampler.hpp\"\n") == "0 violations");
}

BOOST_AUTO_TEST_SUITE_END()
