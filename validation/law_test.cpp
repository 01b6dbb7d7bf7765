#include "validation/law.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <sstream>

BOOST_AUTO_TEST_SUITE(law)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(verdicts) {
  BOOST_TEST(judged("a", "l", 1, 1, "").passed);
  BOOST_TEST(!judged("a", "l", 1.1, 1, "").passed);
  BOOST_TEST(!judged("a", "l", NAN, 1, "").passed);
}

BOOST_AUTO_TEST_CASE(the_worst_is_kept) {
  WorstLaws laws;
  laws.add("blur", judged("", "adjoint", 1e-3, 1, "first"));
  laws.add("blur", judged("", "adjoint", 2e-3, 10, "looser"));
  laws.add("blur", judged("", "adjoint", 2e-3, 1, "worst"));
  laws.add("mask", judged("", "adjoint", 0, 1, "other"));
  laws.add("blur", judged("", "linearity", 0, 1, "line"));
  BOOST_TEST(laws.failures() == 0);
  auto rows = laws.rows();
  BOOST_REQUIRE(rows.size() == 3u);
  BOOST_TEST(rows[0].witness == "3 checks; worst");
  BOOST_TEST(rows[1].subject == "mask");
  BOOST_TEST(rows[2].law == "linearity");
  // A failure outdoes all that passed, however small it is for its bound.
  laws.add("blur", judged("", "adjoint", NAN, 1, "not a number"));
  laws.add("blur", judged("", "adjoint", 0.9, 1, "large"));
  BOOST_TEST(laws.failures() == 1);
  BOOST_TEST(laws.rows()[0].witness == "1 of 5 failed: not a number");
  BOOST_TEST(!laws.rows()[0].passed);
}

BOOST_AUTO_TEST_CASE(the_table_has_a_row_a_law) {
  std::ostringstream out;
  print_laws(out, {judged("a very long name of an operator", "adjoint", 1.5e-13, 1e-12, "here"),
                   judged("mask", "linearity", 2, 1e-12, "there")});
  const std::string table = out.str();
  BOOST_TEST(table.find("operator or prox                 law        residual   bound      verdict  witness") == 0u);
  BOOST_TEST(table.find("1.50e-13   1.00e-12   pass     here") != std::string::npos);
  BOOST_TEST(table.find("FAIL     there") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
