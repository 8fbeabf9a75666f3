export { testWarnings, type TestWarning, type TestWarningSubject } from './test-warnings.js';
