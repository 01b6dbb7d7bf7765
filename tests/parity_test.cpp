#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/json.hpp"
#include "lvtino/core/npy.hpp"
#include "operators/separable_operator.hpp"
#include "operators/table.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_prox.hpp"

// Against deepinv 0.5, through the files that parity/make_fixtures.py wrote: equal where
// conventions agree, and apart by as much as is stated where they do not.
BOOST_AUTO_TEST_SUITE(parity)

using namespace lvtino;

namespace {

// The files are float32.
constexpr double kRounding = 2e-6;

std::string path_of(const std::string& name) { return LVTINO_SOURCE_DIR "/tests/parity/" + name; }

Tensor read(const std::string& name) { return read_npy(path_of(name + ".npy")).to(at::kDouble); }

OperatorPtr make(const Json& spec, const Shape& domain) {
  return operator_table().make(SpecReader(spec), domain, dense::kExact);
}

Tensor ours(const Json& c, const Tensor& x) {
  const OperatorPtr a = make(c.at("spec"), shape_of(x));
  const std::string what = c.at("compare");
  if (what == "apply") return a->apply(x);
  if (what == "adjoint") return a->adjoint(read(c.at("of")));
  if (what == "normal") return a->adjoint(a->apply(x));
  if (what == "prox")
    return DataProx(Measurement(a, read(c.at("of")), c.at("sigma"))).apply(x, c.at("gamma"));
  if (what == "tv") {
    const double weight = c.at("weight");
    const JointProx prox(nullptr, TotalVariation(weight, weight, weight),
                         {.tolerance = 1e-12, .max_iterations = 100000});
    return prox.apply(x, 1);
  }
  throw SpecError("", "no comparison " + what);
}

double distance(const Json& c, const Tensor& x) {
  const Tensor expected = read(c.at("name")), found = ours(c, x);
  if (found.sizes() != expected.sizes()) return INFINITY;
  return std::sqrt(squared_distance(found, expected)) / l2_norm(expected);
}

Json cases() { return read_json_file(path_of("cases.json")); }

}  // namespace

BOOST_AUTO_TEST_CASE(operators_and_proxes_of_deepinv) {
  const Json document = cases();
  BOOST_TEST(document.at("deepinv").get<std::string>().substr(0, 3) == "0.5");
  const Tensor x = read("x");
  for (const Json& c : document.at("cases")) BOOST_TEST_CONTEXT(c.at("name")) {
      const double apart = distance(c, x);
      if (c.contains("difference")) {
        BOOST_TEST_MESSAGE(c.at("name") << ": " << apart << "; " << c.at("difference").at("why"));
        BOOST_TEST(apart >= c.at("difference").at("least").get<double>());
        BOOST_TEST(apart <= c.at("difference").at("most").get<double>());
        if (!c.contains("instead")) continue;
        Json same = c;
        same["spec"] = c.at("instead");
        BOOST_TEST(distance(same, x) <= kRounding);
      } else {
        BOOST_TEST(apart <= (c.at("compare") == "tv" ? 1e-5 : kRounding));
      }
    }
}

// Every separable operator is among them.
BOOST_AUTO_TEST_CASE(no_separable_operator_is_left_out) {
  std::set<std::string> compared;
  const Json document = cases();
  for (const Json& c : document.at("cases")) compared.insert(c.at("spec").at("type"));
  const Shape domain = {1, 3, 8, 16, 24};  // what examples fit
  for (const auto& entry : operator_table().entries()) {
    const OperatorPtr a = make(parse_json(entry.example, entry.name), domain);
    if (dynamic_cast<const SeparableOperator*>(a.get()))
      BOOST_TEST(compared.count(entry.name) == 1u, entry.name);
  }
}

// The phase of even kernels, the border rule, the adjoint: what a slip would change is far above
// the rounding.
BOOST_AUTO_TEST_CASE(planted_slips_are_caught) {
  const Tensor x = read("x");
  const auto changed = [&](const std::string& name, const char* key, const Json& value) {
    const Json document = cases();
    for (Json c : document.at("cases"))
      if (c.at("name") == name) {
        c["spec"][key] = value;
        return distance(c, x);
      }
    throw SpecError("", "no case " + name);
  };
  BOOST_TEST(changed("bicubic_4_reflect", "boundary", "replicate") > 1e-3);
  BOOST_TEST(changed("bicubic_4_reflect_adjoint", "boundary", "zero") > 1e-3);
  BOOST_TEST(changed("bicubic_2_circular", "filter", "bilinear") > 1e-3);
  BOOST_TEST(changed("blur_odd_reflect", "taps", {0.2, 0.3, 0.5}) > 1e-3);
  BOOST_TEST(changed("bayer", "pattern", "RGGB") > 1e-3);
  BOOST_TEST(changed("frame_dropping", "offset", 0) > 1e-3);
}

BOOST_AUTO_TEST_SUITE_END()
